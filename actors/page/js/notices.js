/** Notices of the browser when something asks, and how many ask, in the title of its tab. */

import { go } from "./route.js";
import { change, state } from "./state.js";
import { fit } from "./text.js";

const STORED = "greenroom:notices";
/** @type {Set<string>} What was told, so that each question is told once. */
const told = new Set();

export function restoreNotices() {
  if (!("Notification" in window)) return;
  const isWanted = localStorage.getItem(STORED) === "on";
  if (Notification.permission === "denied") state.notices = "denied";
  else state.notices = isWanted && Notification.permission === "granted" ? "on" : "off";
}

/** By a click alone: the browser asks the user. */
export async function toggleNotices() {
  if (state.notices === "on" || !("Notification" in window)) {
    localStorage.setItem(STORED, "off");
    change(() => (state.notices = "off"));
    return;
  }
  const answer = await Notification.requestPermission();
  localStorage.setItem(STORED, answer === "granted" ? "on" : "off");
  change(() => (state.notices = answer === "granted" ? "on" : answer === "denied" ? "denied" : "off"));
}

/** @param {string} title @param {string} body @param {string} session */
export function notify(title, body, session) {
  const name = `${session}:${body}`;
  if (state.notices !== "on" || !document.hidden || told.has(name)) return;
  told.add(name);
  const notice = new Notification(fit(title), { body: fit(body), tag: name });
  notice.addEventListener("click", () => {
    window.focus();
    go({ view: "session", session });
  });
}

export function asking() {
  const sessions = new Set(state.permissions.map((each) => each.session_id));
  for (const session of state.sessions) {
    if (session.activity?.state === "asking") sessions.add(session.id);
  }
  return sessions.size;
}

export function titled() {
  const count = asking();
  const here = state.route.view === "session" ? state.route.session : null;
  const session = state.sessions.find((each) => each.id === here);
  const name = session ? `${session.title} · greenroom` : "greenroom";
  document.title = fit(count ? `(${count}) ${name}` : name);
}
