/** Looks things up and keeps them in `state`; asked for often, it looks once for all of a moment. */

import { api, Refused, Unreachable } from "./api.js";
import { followOnly, isOpenRound } from "./growing.js";
import { requestSync } from "./live.js";
import { notify, settle } from "./notices.js";
import { followPrompts } from "./prompts.js";
import { change, state } from "./state.js";
import { tellProblem } from "./toasts.js";

const MOMENT_MS = 150;

/**
 * @template {any[]} Named
 * @param {(...names: Named) => Promise<void>} look
 * @returns {(...names: Named) => void} at once, and then once more for all that asked meanwhile
 */
function once(look) {
  /** @type {Map<string, "waits" | "again">} */
  const under = new Map();
  /** @param {Named} names */
  async function run(...names) {
    const key = names.join("/");
    if (under.has(key)) {
      under.set(key, "again");
      return;
    }
    under.set(key, "waits");
    try {
      await look(...names);
    } catch (error) {
      if (!(error instanceof Unreachable)) tellProblem(error);
    }
    await new Promise((done) => setTimeout(done, MOMENT_MS));
    const isDue = under.get(key) === "again";
    under.delete(key);
    if (isDue) run(...names);
  }
  return run;
}

/** By the socket alone: an answer on another way could be older than what was heard since. */
export const refreshSessions = once(async () => requestSync());

export const refreshSession = once(async (/** @type {string} */ id) => {
  const found = await api.session(id).catch(absent);
  change(() => {
    state.details[id] = found;
    dropSettled(id);
  });
  for (const worker of found?.workers ?? []) {
    if (worker.type === "agent") followPrompts(worker);
    if (worker.status === "running" && !state.activities[worker.id]) refreshActivity(id, worker.id);
  }
  const conversation = found?.workers.some((/** @type {any} */ worker) => worker.type === "conversation");
  const told = `${found?.message_count}/${found?.open_requests}`;
  const isOpen = (state.histories[id] ?? []).some(isOpenRound);
  if ((conversation || found?.message_count) && (isOpen || known.get(id) !== told)) {
    known.set(id, told);
    refreshHistory(id);
  }
});

/** By session, what its record said of its history when that was last looked up. */
const known = new Map();

const refreshActivity = once(async (/** @type {string} */ id, /** @type {string} */ worker) => {
  const activity = await api.activity(id, worker).catch(() => null);
  change(() => {
    if (activity) state.activities[worker] = activity;
  });
});

export const refreshHistory = once(async (/** @type {string} */ id) => {
  const { rounds } = await api.history(id);
  const before = new Map((state.histories[id] ?? []).map((round) => [round.id, round]));
  const now = rounds.map((/** @type {import("./types.js").Round} */ round) => same(before.get(round.id), round) ?? round);
  change(() => (state.histories[id] = now));
  if (state.route.view === "session" && state.route.session === id) followOnly(id, now);
});

/** The one that is there, if it had ended so; it need not be drawn again. @param {import("./types.js").Round | undefined} known @param {import("./types.js").Round} round */
function same(known, round) {
  const isSame = known && !isOpenRound(known) && known.status === round.status && known.n === round.n && known.turns?.length === round.turns?.length;
  return isSame ? known : null;
}

export const refreshPermissions = once(async () => asked((await api.permissions()).permissions));

/** @param {import("./types.js").Permission[]} permissions all that are open */
export function asked(permissions) {
  const before = new Set(state.permissions.map((each) => each.id));
  for (const each of permissions) {
    each.until = Date.now() + each.seconds_left * 1000;
    if (!before.delete(each.id)) notify({ by: each.id, title: each.title ?? "greenroom", body: `May ${each.tool} be called?`, session: each.session_id });
  }
  before.forEach(settle);
  change(() => (state.permissions = permissions));
}

export const refreshDiff = once(async (/** @type {string} */ id) => {
  const found = await api.diff(id).catch((error) => {
    if (error instanceof Refused) return { problem: error.message };
    throw error;
  });
  change(() => (state.diffs[id] = found));
});

export const refreshTrash = once(async () => {
  const { sessions } = await api.trash();
  change(() => (state.trash = sessions));
});

export const refreshStatus = once(async () => {
  const status = await api.status();
  change(() => (state.status = status));
});

export const refreshAgents = once(async () => {
  const { agents } = await api.agents();
  change(() => (state.agents = agents));
});

/** @param {unknown} error */
function absent(error) {
  if (error instanceof Refused && error.status === 404) return null;
  throw error;
}

/** Tabs that were asked for and are there now, or were to go and have gone, are not pending. */
function dropSettled(/** @type {string} */ id) {
  const there = new Set((state.details[id]?.workers ?? []).map((worker) => worker.id));
  const open = (state.pending[id] ?? []).filter((worker) => worker.status === "closing" && there.has(worker.id));
  const asked = (state.pending[id] ?? []).filter((worker) => worker.status === "asked");
  state.pending[id] = [...open, ...asked];
}
