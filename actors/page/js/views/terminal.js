/** A worker's terminal with what is to be said about it: who else types, how it ended. */

import { orderWorker } from "../actions.js";
import { h } from "../draw.js";
import { icon } from "../icons.js";
import { openScreen } from "../screen_pane.js";
import { state } from "../state.js";
import { openTerminal, pressKeys, takeInput, terminalLibrary } from "../terminal_pane.js";
import { asOnScreen } from "../text.js";
import { button } from "./marks.js";
import { promptBox } from "./prompt_box.js";

/** Keys that a phone's keyboard has not. */
const KEYS = [["Esc", "\x1b"], ["Tab", "\t"], ["Ctrl C", "\x03"], ["Ctrl D", "\x04"], ["↑", "\x1b[A"], ["↓", "\x1b[B"], ["Enter", "\r"]];

/** @param {import("../types.js").Session} session @param {import("../types.js").Worker} worker */
export function terminalView(session, worker) {
  return h("div.terminal-view", { key: worker.id },
    bar(session, worker),
    h("div.terminal-place", { key: "terminal", island: true, role: "region", "aria-label": `Terminal of ${worker.name}; Shift Escape leaves it`, mount: (/** @type {HTMLElement} */ place) => opened(place, session.id, worker.id) }),
    worker.type === "agent" && promptBox(session, worker),
    h("div.keys", { key: "keys", role: "toolbar", "aria-label": "Keys" }, KEYS.map(([name, keys]) => button(name, () => pressKeys(worker.id, keys)))));
}

/** @param {HTMLElement} place @param {string} session @param {string} worker */
function opened(place, session, worker) {
  let isWanted = true;
  /** @type {(() => void) | undefined} */
  let close;
  terminalLibrary().then((library) => {
    if (isWanted) close = library ? openTerminal(place, library, session, worker) : openScreen(place, session, worker);
  });
  return () => {
    isWanted = false;
    close?.();
  };
}

/** @param {import("../types.js").Session} session @param {import("../types.js").Worker} worker */
function bar(session, worker) {
  const held = state.leases[worker.id];
  if (held) {
    return h("div.bar", { key: "bar", role: "status" }, icon("key"), h("p", null, held.replace(/;.*$/, ".").replace(/^web \S+/, "Another window")), button("Take over", () => takeInput(worker.id), { class: "primary" }));
  }
  if (session.desired === "paused") return h("div.bar", { key: "bar", role: "status" }, icon("pause"), h("p", null, "Paused: its program stands still until you resume the session."));
  if (worker.status === "running" || worker.status === "starting" || worker.isPending) return null;
  const again = () => orderWorker(session.id, worker.id, worker.desired === "stopped" ? "start" : "restart");
  return h("div.bar", { key: "bar", role: "status" }, icon("warn"), h("p", null, endOf(worker)), button(worker.desired === "stopped" ? "Start" : "Restart", again, { class: "primary", icon: "restart" }));
}

/** @param {import("../types.js").Worker} worker */
function endOf(worker) {
  const { exit_code: code = worker.exit?.code, signal = worker.exit?.signal } = state.ends[worker.id] ?? {};
  if (worker.status === "quarantined") return `It failed too often and is not restarted by itself. ${asOnScreen(worker.last_error ?? "")}`;
  if (worker.status === "lost") return `Its process was lost. ${asOnScreen(worker.last_error ?? "")}`;
  if (signal) return `Ended by signal ${signal}.`;
  if (code !== null && code !== undefined) return `Exited with code ${code}.`;
  return `It is ${worker.status}.`;
}
