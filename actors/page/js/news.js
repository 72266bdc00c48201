/** What follows for the page from what the daemon says: what to keep, and what to look up anew. */

import { asked, refreshPermissions, refreshSession, refreshSessions } from "./load.js";
import { change, state } from "./state.js";
import { notify } from "./notices.js";

/** @param {any} message `sessions-sync` @param {boolean} isFirst of a connection: all may be another */
export function synced(message, isFirst) {
  change(() => {
    state.sessions = message.sessions;
    state.isSynced = true;
    state.entry = "open";
  });
  asked(message.permissions ?? []);
  if (isFirst && state.route.view === "session") refreshSession(state.route.session);
}

/** @param {any} message any other */
export function heard(message) {
  const id = message.session_id ?? message.session?.id ?? message.permission?.session_id;
  if (message.type === "session-deleted") gone(id);
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
  if (info.activity?.state === "asking") notify(info.title, info.activity.text || "It asks something.", info.id);
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
  const before = info.activity;
  const isMore = activity && RANK.indexOf(activity.state) > RANK.indexOf(before?.state ?? "");
  if (isMore) keep({ ...info, activity: { ...activity, worker, name: nameOf(id, worker) } });
  else if (before?.worker === worker) refreshSessions();
}

/** @param {string} id @param {string} worker */
function nameOf(id, worker) {
  return state.details[id]?.workers.find((each) => each.id === worker)?.name ?? "";
}
