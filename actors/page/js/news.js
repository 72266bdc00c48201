/** What follows for the page from what the daemon says: what to keep, and what to look up anew. */

import { asked, refreshPermissions, refreshSession, refreshSessions } from "./load.js";
import { change, state } from "./state.js";
import { notify, settle } from "./notices.js";

/** @param {any} message `sessions-sync` @param {boolean} isFirst of a connection: all may be another */
export function synced(message, isFirst) {
  change(() => {
    state.sessions = message.sessions;
    state.store = message.store ?? state.store;
    state.isSynced = true;
    state.entry = "open";
  });
  asked(message.permissions ?? []);
  for (const { id, title, activity } of message.sessions) if (activity) question(id, title, activity.worker, activity);
  if (isFirst && state.route.view === "session") refreshSession(state.route.session);
}

/** @param {any} message any other */
export function heard(message) {
  const id = message.session_id ?? message.session?.id ?? message.permission?.session_id;
  if (message.type === "session-deleted") gone(id);
  else if (message.type === "store-changed") change(() => (state.store = message.store));
  else if (message.type === "worker-activity") acted(message);
  else if (message.type.startsWith("permission-")) refreshPermissions();
  else if (message.session) keep(message.session);
  if (id && state.route.view === "session" && state.route.session === id) refreshSession(id);
}

/** @param {import("./types.js").SessionInfo} info */
function keep(info) {
  change(() => {
    const before = state.sessions.find((session) => session.id === info.id);
    const kept = { ...info, worktree: info.worktree ?? before?.worktree ?? null };
    state.sessions = before
      ? state.sessions.map((session) => (session.id === info.id ? kept : session))
      : [...state.sessions, kept];
  });
}

/** @param {string} id */
function gone(id) {
  change(() => {
    state.sessions = state.sessions.filter((session) => session.id !== id);
    state.details[id] = null;
  });
  refreshPermissions();
}

const RANK = ["idle", "unknown", "active", "asking"];

/** A session does what the most pressing of its workers does. @param {any} message */
function acted({ session_id: id, worker_id: worker, activity }) {
  change(() => {
    if (activity) state.activities[worker] = activity;
    else delete state.activities[worker];
  });
  const info = state.sessions.find((session) => session.id === id);
  if (!info) return;
  question(id, info.title, worker, activity);
  const before = info.activity;
  const isMore = activity && RANK.indexOf(activity.state) > RANK.indexOf(before?.state ?? "");
  if (isMore) keep({ ...info, activity: { ...activity, worker, name: nameOf(id, worker) } });
  else if (before?.worker === worker) refreshSessions();
}

/**
 * A program that asks in its terminal; what a conversation asks is a permission request.
 *
 * @param {string} session @param {string} title @param {string} worker @param {any} activity null: it does not run
 */
function question(session, title, worker, activity) {
  if (activity?.state !== "asking") settle(worker);
  else if (activity.source !== "protocol") notify({ by: worker, since: activity.since, title, body: activity.text || "It asks something.", session, worker });
}

/** @param {string} id @param {string} worker */
function nameOf(id, worker) {
  return state.details[id]?.workers.find((each) => each.id === worker)?.name ?? "";
}
