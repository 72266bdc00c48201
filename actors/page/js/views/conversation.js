/** A conversation: its rounds, what is being answered, what it cost, and the box to write in. */

import { cancel } from "../answers.js";
import { h } from "../draw.js";
import { isOpenRound, say } from "../growing.js";
import { icon } from "../icons.js";
import { change, state } from "../state.js";
import { compact, dollars } from "../text.js";
import { composer } from "./composer.js";
import { button } from "./marks.js";
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
          : rounds.length ? newest(session.id, rounds)
          : h("p.note.center", null, "Nothing was said yet. Write below; Enter sends."))),
    writing(session, worker));
}

/** How many rounds are shown at first, and how many more each time. */
const ROUNDS = 50;

/** @param {string} session @param {import("../types.js").Round[]} rounds */
function newest(session, rounds) {
  const first = state.firstRounds[session];
  const begin = Math.max(0, first === undefined ? rounds.length - ROUNDS : rounds.findIndex((round) => round.id === first));
  const more = () => change(() => (state.firstRounds[session] = rounds[Math.max(0, begin - ROUNDS)].id));
  return [
    begin > 0 && h("p.earlier", { key: "earlier" }, button(`Show earlier (${begin})`, more, { class: "quiet", icon: "up" })),
    ...rounds.slice(begin).map((round) => roundView(session, round))];
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
  const last = (state.histories[id] ?? []).at(-1)?.turns?.at(-1);
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
function writing(session, worker) {
  const open = (state.histories[session.id] ?? []).filter(isOpenRound);
  const isAble = worker.status === "running" && session.desired === "run";
  const placeholder = open.length ? "Write on; it waits its turn" : "Write a message";
  return composer({ name: session.id, label: "Message", placeholder: isAble ? placeholder : "Start the session to write to it", isAble,
    send: (text, key) => say(session.id, worker.id, text, key),
    more: open.length > 0 && h("button.icon-button.stop", { key: "stop", type: "button", "aria-label": "Cancel the answer", title: "Cancel the answer", on: { click: () => cancel(open[0].id) } }, icon("stop")) });
}
