/** What a user answers to a question of a conversation, and what is taken back of it. */

import { api } from "./api.js";
import { refreshPermissions } from "./load.js";
import { change, state } from "./state.js";
import { tellProblem } from "./toasts.js";

/** @param {string} id @param {"allow" | "deny"} decision @param {boolean} [remember] */
export async function answer(id, decision, remember = false) {
  change(() => (state.opened[`answered:${id}`] = true));
  try {
    await api.answer(id, { decision, remember });
    change(() => (state.permissions = state.permissions.filter((each) => each.id !== id)));
  } catch (error) {
    change(() => delete state.opened[`answered:${id}`]);
    tellProblem(error);
  }
  refreshPermissions();
}

/** @param {string} response */
export async function cancel(response) {
  try {
    await api.cancel(response);
  } catch (error) {
    tellProblem(error);
  }
}
