/** A request and its answer: turn by turn, with the tools that were called and what came of them. */

import { openDialog } from "../actions.js";
import { cancel } from "../answers.js";
import { h, memo } from "../draw.js";
import { isOpenRound } from "../growing.js";
import { icon } from "../icons.js";
import { state } from "../state.js";
import { compact, dollars, moment } from "../text.js";
import { button } from "./marks.js";
import { permissionCard } from "./permissions.js";
import { words } from "./words.js";

/** @typedef {import("../types.js").Round} Round */
/** @typedef {import("../types.js").Turn} Turn */
/** @typedef {import("../types.js").ToolCall} ToolCall */

/** @param {string} session @param {Round} round */
export function roundView(session, round) {
  return isOpenRound(round) ? drawn(round, session) : ended(round, session);
}

const ended = memo(drawn);

/** @param {Round} round @param {string} session */
function drawn(round, session) {
  const isOpen = isOpenRound(round);
  const turns = isOpen ? merged(round.turns ?? [], state.growing[round.id] ?? []) : (round.turns ?? []);
  const asked = isOpen ? state.permissions.filter((each) => each.response_id === round.id) : [];
  return h("article.round", { key: round.id, "aria-busy": isOpen ? "true" : null },
    h("div.said", null, h("span.visually-hidden", null, "You: "), textOf(round.request.content)),
    turns.map((turn) => turnView(turn, round.failure?.message)),
    asked.map((each) => permissionCard(each, { isInPlace: true })),
    isOpen && h("div.under-way", { key: "under-way" }, h("span.spinner", { "aria-hidden": "true" }),
      h("span", null, wordOf(round, turns, asked.length)),
      round.status === "queued" && button("Take back", () => cancel(round.id), { class: "quiet" })),
    round.failure && h("p.failure", { key: "failure", role: "note" }, icon("warn"), h("span", null, round.failure.message)),
    round.status === "cancelled" && h("p.note", { key: "cancelled" }, "Cancelled."),
    !isOpen && h("footer.figures-line", { key: "figures" }, figures(round), forkOf(session, round.n)));
}

/** @param {string} id @param {number | undefined} n */
function forkOf(id, n) {
  return n ? button("Fork from here", () => openDialog({ name: "fork", session: state.details[id], at: n }), { class: "quiet", icon: "fork", title: `A new session with the conversation up to @${n}` }) : null;
}

/** What grows may be older or newer than what was looked up. @param {Turn[]} looked @param {Turn[]} growing */
function merged(looked, growing) {
  const newest = new Map(looked.map((turn) => [turn.number, turn]));
  for (const turn of growing) if (newest.get(turn.number)?.status !== "completed" || turn.tool_calls?.length) newest.set(turn.number, turn);
  return [...newest.values()].sort((a, b) => a.number - b.number);
}

/** @param {Round} round @param {Turn[]} turns @param {number} asked */
function wordOf(round, turns, asked) {
  const last = turns[turns.length - 1];
  if (asked) return "Waits for your answer";
  if (round.status === "queued" && !turns.length) return "Queued";
  if (last?.waits_until) return `${last.error ?? "The call failed."} Tried again at ${new Date(last.waits_until).toLocaleTimeString()}.`;
  if (last?.tool_calls?.some((call) => call.status === "running")) return "Runs a tool";
  return "Working";
}

/** @param {import("../types.js").Content[]} content */
function textOf(content) {
  return content.map((block, index) => block.type === "text" ? h("p", { key: index }, block.text) : h("p.muted", { key: index }, `[${block.type}]`));
}

/** @param {Turn} turn @param {string} [told] how the round failed, which is said below it */
function turnView(turn, told) {
  const calls = turn.tool_calls ?? [];
  return h("div.turn", { key: `turn-${turn.number}` },
    proseOf(turn),
    calls.map((call) => toolView(call)),
    turn.status === "error" && turn.error && turn.error !== told && !turn.waits_until ? h("p.failure", { key: "error" }, icon("warn"), h("span", null, turn.error)) : null);
}

/** @type {WeakMap<Turn, any>} What was read once is not read again each time that something is drawn. */
const read = new WeakMap();

/** @param {Turn} turn */
function proseOf(turn) {
  if (!read.has(turn)) {
    const text = (turn.content ?? []).filter((block) => block.type === "text").map((block) => block.text).join("");
    read.set(turn, text.trim() ? h("div.prose", { key: "prose" }, words(text)) : null);
  }
  return read.get(turn);
}

const MARKS = { pending: ["pending", "waits"], running: ["pending", "runs"], completed: ["done", "done"], failed: ["failed", "failed"], denied: ["failed", "denied"], unknown: ["asking", "outcome unknown"] };

/** @param {ToolCall} call */
function toolView(call) {
  const [name, word] = MARKS[/** @type {keyof typeof MARKS} */ (call.status ?? "pending")] ?? ["idle", call.status];
  const shown = name === "done" && call.result?.is_error ? ["failed", "failed"] : [name, word];
  return h("details.tool", { key: call.tool_call_id },
    h("summary", null, icon("tool"), h("span.tool-name", null, call.name), h("span.tool-args", null, brief(call.args)), h("span.tool-state", { class: shown[0] }, call.progress ?? shown[1])),
    h("h4", null, "Parameters"), h("pre", { tabindex: 0, "aria-label": "Parameters" }, JSON.stringify(call.args, null, 2)),
    call.result ? [h("h4", { key: "result-head" }, "Result"), h("pre", { key: "result", tabindex: 0, "aria-label": "Result", class: call.result.is_error ? "is-error" : "" }, call.result.content)] : null);
}

/** @param {any} args */
function brief(args) {
  const text = Object.entries(args ?? {}).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ");
  return text.replace(/\s+/g, " ").slice(0, 160);
}

/** @param {Round} round */
function figures(round) {
  const turns = round.turns ?? [];
  const sum = (/** @type {string} */ name) => turns.reduce((total, turn) => total + (turn.usage?.[name] ?? 0), 0);
  const costs = turns.map((turn) => turn.cost?.usd);
  const cost = turns.length && costs.every((usd) => usd !== undefined) ? dollars(costs.reduce((total, usd) => total + Number(usd), 0)) : null;
  const seconds = round.completed_at ? (Date.parse(round.completed_at) - Date.parse(round.created_at)) / 1000 : null;
  const said = [round.n && `@${round.n}`, turns[turns.length - 1]?.model, `${compact(sum("prompt_tokens"))} in`, `${compact(sum("completion_tokens"))} out`, cost, seconds === null ? null : `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`];
  return h("span", { title: moment(round.completed_at) }, said.filter(Boolean).join(" · "));
}
