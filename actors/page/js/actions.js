/** What a user can do to sessions and workers: shown at once where that is sure to be seen, told when refused. */

import { api, Refused } from "./api.js";
import { refreshSession, refreshSessions, refreshTrash } from "./load.js";
import { forgetPrompts } from "./prompts.js";
import { go } from "./route.js";
import { change, state } from "./state.js";
import { tell, tellProblem } from "./toasts.js";

/** @param {any} dialog */
export function openDialog(dialog) {
  change(() => {
    state.palette = null;
    state.dialog = dialog;
  });
}

export function closeDialog() {
  change(() => (state.dialog = null));
}

/** @param {any} what */
function changeDialog(what) {
  change(() => {
    if (state.dialog) state.dialog = { ...state.dialog, ...what };
  });
}

/** @param {any} wanted */
export async function createSession(wanted) {
  changeDialog({ isBusy: true, problem: null });
  try {
    const made = await api.create(wanted);
    closeDialog();
    sessionStorage.removeItem("greenroom:new");
    go({ view: "session", session: made.id });
    refreshSessions();
  } catch (error) {
    const made = error instanceof Refused ? error.told?.session_id : null;
    if (made) {
      closeDialog();
      tellProblem(error);
      go({ view: "session", session: made });
    } else {
      changeDialog({ isBusy: false, problem: /** @type {Error} */ (error).message });
    }
  }
}

/** Its tab is there at once, as pending. @param {string} session @param {any} wanted */
export async function addWorker(session, wanted) {
  const asked = { id: `asked-${Date.now()}`, name: wanted.agent ?? wanted.type, type: wanted.type, status: "asked", isPending: true };
  change(() => (state.pending[session] = [...(state.pending[session] ?? []), /** @type {any} */ (asked)]));
  let made = null;
  try {
    made = await api.createWorker(session, wanted);
  } catch (error) {
    tellProblem(error);
  }
  change(() => {
    state.pending[session] = (state.pending[session] ?? []).filter((worker) => worker.id !== asked.id);
    const details = state.details[session];
    if (made && details && !details.workers.some((worker) => worker.id === made.id)) {
      state.details[session] = { ...details, workers: [...details.workers, made] };
    }
  });
  if (made) go({ view: "session", session, worker: made.id });
  refreshSession(session);
}

/** Its tab is marked as going at once, and stays if that is refused. @param {string} session @param {any} worker */
export async function closeWorker(session, worker) {
  closeDialog();
  change(() => (state.pending[session] = [...(state.pending[session] ?? []), { ...worker, status: "closing" }]));
  try {
    await api.removeWorker(session, worker.id);
    forgetPrompts(session, worker.id);
    const here = state.route;
    if (here.view === "session" && here.worker === worker.id) go({ view: "session", session }, { replace: true });
    change(() => {
      const details = state.details[session];
      if (details) state.details[session] = { ...details, workers: details.workers.filter((each) => each.id !== worker.id) };
    });
  } catch (error) {
    tellProblem(error);
  }
  change(() => (state.pending[session] = (state.pending[session] ?? []).filter((each) => each.id !== worker.id)));
  refreshSession(session);
}

/** @param {string} id @param {string} order */
export async function order(id, order) {
  try {
    const now = await api.order(id, order);
    change(() => (state.details[id] = now));
  } catch (error) {
    tellProblem(error);
  }
  refreshSession(id);
  refreshSessions();
}

/** @param {string} id @param {string} worker @param {string} what */
export async function orderWorker(id, worker, what) {
  try {
    await api.orderWorker(id, worker, what);
    change(() => delete state.ends[worker]);
  } catch (error) {
    tellProblem(error);
  }
  refreshSession(id);
}

/** @param {string} id @param {string} title */
export async function rename(id, title) {
  try {
    const now = await api.update(id, { title });
    change(() => (state.details[id] = now));
    closeDialog();
  } catch (error) {
    changeDialog({ problem: /** @type {Error} */ (error).message });
  }
}

/** @param {string} id @param {any} how */
export async function fork(id, how) {
  changeDialog({ isBusy: true, problem: null });
  try {
    const made = await api.fork(id, how);
    closeDialog();
    refreshSessions();
    go({ view: "session", session: made.id });
    tell(`Forked as ${made.title}.`);
  } catch (error) {
    changeDialog({ isBusy: false, problem: /** @type {Error} */ (error).message });
  }
}

/** @param {string} id @param {Record<string, string>} how */
export async function remove(id, how) {
  changeDialog({ isBusy: true, problem: null, reasons: null });
  try {
    await api.remove(id, how);
    closeDialog();
    go({ view: "home" });
    tell("Deleted. It lies whole in the trash, and can be restored from there.");
    refreshSessions();
  } catch (error) {
    const reasons = error instanceof Refused ? error.told?.reasons : null;
    changeDialog({ isBusy: false, problem: /** @type {Error} */ (error).message, reasons, isRefused: true });
  }
}

/** What was refused can be asked again once something in it is another. */
export const askOtherwise = () => changeDialog({ isRefused: false });

/** @param {any} entry of the trash */
export async function restore(entry) {
  try {
    const made = await api.restore(entry.name);
    tell(`Restored ${made.title ?? entry.title}. It is stopped; start it when you want it to run.`);
    refreshSessions();
    go({ view: "session", session: made.id ?? entry.id });
  } catch (error) {
    tellProblem(error);
  }
  refreshTrash();
}

/** @param {any} entry */
export async function purge(entry) {
  try {
    await api.purge(entry.name);
    closeDialog();
  } catch (error) {
    changeDialog({ problem: /** @type {Error} */ (error).message });
  }
  refreshTrash();
}
