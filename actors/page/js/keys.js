/** The keyboard's short ways. None of them is taken from whoever types text or sits in a terminal. */

import { openDialog } from "./actions.js";
import { openPalette } from "./palette.js";
import { go } from "./route.js";
import { state, drawNow } from "./state.js";
import { openPrompts } from "./views/prompt_box.js";
import { ordered } from "./views/sidebar.js";
import { chosen, tabsOf } from "./views/tabs.js";

const SECOND_KEY_MS = 1200;
let wentAt = -Infinity;

export function listen() {
  addEventListener("keydown", pressed, true);
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const key = event.key.toLowerCase();
  const isInTerminal = !!(/** @type {Element} */ (event.target)?.closest?.(".xterm"));
  const isPalette = key === "k" && (event.metaKey || (event.ctrlKey && (event.shiftKey || !isInTerminal)));
  if (isPalette && !state.dialog) {
    event.preventDefault();
    event.stopPropagation();
    openPalette();
    drawNow();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || state.dialog || state.palette || isTyping(event.target)) return;
  if (!short(event)) return;
  event.preventDefault();
  drawNow();
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** @param {KeyboardEvent} event @returns {boolean} whether it was one */
function short(event) {
  const isSecond = event.timeStamp - wentAt < SECOND_KEY_MS;
  wentAt = -Infinity;
  const views = { h: "home", p: "permissions", s: "status", t: "trash" };
  const view = isSecond && views[/** @type {keyof typeof views} */ (event.key)];
  if (view) go(/** @type {any} */ ({ view }));
  else if (event.key === "g") wentAt = event.timeStamp;
  else if (event.key === "?") openDialog({ name: "help" });
  else if (event.key === "c") openDialog({ name: "new" });
  else if (event.key === "/") document.getElementById("search")?.focus();
  else if (event.key === "j" || event.key === "k") nextSession(event.key === "j" ? 1 : -1);
  else if (event.key === "[" || event.key === "]") nextWorker(event.key === "]" ? 1 : -1);
  else if (event.key === "p") write();
  else if (event.key === "d" && state.route.view === "session") go({ view: "session", session: state.route.session, part: "changes" });
  else return false;
  return true;
}

/** Into the box of the conversation or agent that is shown. */
function write() {
  const session = state.route.view === "session" ? state.details[state.route.session] : null;
  const worker = session && state.route.view === "session" && !state.route.part && chosen(session, state.route.worker);
  if (worker && worker.type === "agent") openPrompts();
  else document.getElementById("composer")?.focus();
}

/** @param {number} step */
function nextSession(step) {
  const all = ordered(state.sessions).map(([session]) => session.id);
  if (!all.length) return;
  const at = state.route.view === "session" ? all.indexOf(state.route.session) : step > 0 ? -1 : 0;
  go({ view: "session", session: all[(at + step + all.length) % all.length] });
}

/** @param {number} step */
function nextWorker(step) {
  const route = state.route;
  const session = route.view === "session" ? state.details[route.session] : null;
  if (!session || route.view !== "session") return;
  const all = tabsOf(session);
  const at = all.findIndex((worker) => worker.id === chosen(session, route.worker)?.id);
  if (all.length) go({ view: "session", session: session.id, worker: all[(at + step + all.length) % all.length].id });
}
