/** Notices of the browser when something asks, and how many ask, in the title of its tab. */

import { go } from "./route.js";
import { change, state } from "./state.js";
import { printable } from "./text.js";

const STORED = "greenroom:notices";
const TOLD = "greenroom:told";
const MOST_TOLD = 200;
/** @type {Map<string, Notification>} Those that are shown, by who asks. */
const shown = new Map();

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

/**
 * Tells of a question that is not in sight, once.
 *
 * @param {{by: string, since?: string, title: string, body: string, session: string, worker?: string}} question
 *   `by`: who asks, or the request; `since`: which of its questions it is
 */
export function notify({ by, since = "", title, body, session, worker }) {
  if (state.notices !== "on" || isInSight(session) || !isNew(`${by} ${since}`)) return;
  const notice = new Notification(printable(title), { body: printable(body), tag: by });
  shown.set(by, notice);
  notice.addEventListener("click", () => {
    window.focus();
    settle(by);
    go({ view: "session", session, worker });
  });
}

/** It asks no more. @param {string} by */
export function settle(by) {
  shown.get(by)?.close();
  shown.delete(by);
}

/** @param {string} session */
function isInSight(session) {
  const { route } = state;
  const isHere = route.view === "session" ? route.session === session : route.view === "home" || route.view === "permissions";
  return isHere && !document.hidden && document.hasFocus();
}

/** Also after a reload. @param {string} question */
function isNew(question) {
  const told = JSON.parse(sessionStorage.getItem(TOLD) ?? "[]");
  if (told.includes(question)) return false;
  sessionStorage.setItem(TOLD, JSON.stringify([...told, question].slice(-MOST_TOLD)));
  return true;
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
  document.title = printable(count ? `(${count}) ${name}` : name);
}
