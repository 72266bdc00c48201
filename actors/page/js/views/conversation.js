/** A conversation: its rounds, what is being answered, what it cost, and the box to write in. */

import { cancel } from "../actions.js";
import { draft, keepDraft, sendDraft } from "../drafts.js";
import { h } from "../draw.js";
import { icon } from "../icons.js";
import { state } from "../state.js";
import { compact, dollars } from "../text.js";
import { roundView } from "./round.js";

/** @typedef {import("../types.js").Session} Session */
/** @typedef {import("../types.js").Worker} Worker */

/** @param {Session} session @param {Worker} worker */
export function conversationView(session, worker) {
  const rounds = state.histories[session.id];
  return h("div.conversation", { key: worker.id },
    meter(session),
    h("div.rounds", { key: "rounds", tabindex: 0, role: "log", "aria-label": "Conversation", mount: keepAtEnd },
      h("div.column", null,
        rounds === undefined ? h("p.note", null, "Looking…")
          : rounds.length ? rounds.map((round) => roundView(session.id, round))
          : h("p.note.center", null, "Nothing was said yet. Write below; Enter sends."))),
    composer(session, worker));
}

/** Stays at the end while somebody reads there. @param {HTMLElement} box */
function keepAtEnd(box) {
  let isAtEnd = true;
  const down = () => {
    if (isAtEnd) box.scrollTop = box.scrollHeight;
  };
  box.addEventListener("scroll", () => {
    isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  });
  const seen = new MutationObserver(down);
  seen.observe(box, { childList: true, subtree: true, characterData: true });
  const size = new ResizeObserver(down);
  size.observe(box);
  down();
  return () => {
    seen.disconnect();
    size.disconnect();
  };
}

/** @param {Session} session */
function meter({ id, config, metrics }) {
  const last = (state.histories[id] ?? []).flatMap((round) => round.turns ?? []).pop();
  const used = metrics?.context_utilization;
  const cost = dollars(metrics?.estimated_cost);
  const percent = used === null || used === undefined ? null : Math.round(used * 100);
  return h("div.meter", { key: "meter" },
    h("span.model", { title: "Model" }, config?.model ?? last?.model ?? "the workspace's model"),
    h("span.spacer"),
    percent !== null && h("span.context", { title: `Context: ${percent} % of ${compact(metrics.max_context_window)} tokens` },
      h("span", null, "Context"),
      h("meter", { min: 0, max: 100, high: 80, value: percent, "aria-label": `Context used: ${percent} %` }),
      h("span.number", null, `${percent} %`)),
    h("span.number", { title: "Tokens of all calls" }, `${compact(metrics?.total_tokens ?? 0)} tokens`),
    h("span.number", { title: cost ? `Cost, by ${metrics.price_source ?? "list prices"}` : "Nobody knows what this model costs" }, cost ?? "cost unknown"));
}

/** @param {Session} session @param {Worker} worker */
function composer(session, worker) {
  const open = (state.histories[session.id] ?? []).filter((round) => round.status === "running" || round.status === "queued");
  const isAble = worker.status === "running" && session.desired === "run";

  /** @param {Event} event */
  function typed(event) {
    const box = /** @type {HTMLTextAreaElement} */ (event.target);
    keepDraft(session.id, box.value);
    grow(box);
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (isAble) sendDraft(session.id, worker.id, /** @type {HTMLTextAreaElement} */ (event.target));
  }

  /** @param {SubmitEvent} event */
  function submitted(event) {
    event.preventDefault();
    const box = /** @type {HTMLFormElement} */ (event.target).elements.namedItem("message");
    sendDraft(session.id, worker.id, /** @type {HTMLTextAreaElement} */ (box));
  }

  return h("form.composer", { key: "composer", on: { submit: submitted } },
    h("div.column", null,
      h("div.box", null,
        h("textarea", { name: "message", rows: 1, "aria-label": "Message", placeholder: isAble ? (open.length ? "Write on; it waits its turn" : "Write a message") : "Start the session to write to it", initial: draft(session.id).text, mount: grow, on: { input: typed, keydown: pressed } }),
        open.length > 0 && h("button.icon-button.stop", { key: "stop", type: "button", "aria-label": "Cancel the answer", title: "Cancel the answer", on: { click: () => cancel(open[0].id) } }, icon("stop")),
        h("button.icon-button.filled", { key: "send", type: "submit", "aria-label": "Send", title: "Send (Enter)", disabled: !isAble }, icon("send")))));
}

/** @param {HTMLTextAreaElement} box */
function grow(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 240)}px`;
}
