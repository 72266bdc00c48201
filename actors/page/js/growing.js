/**
 * Responses as they grow: the daemon's stream of one (docs/http.md), followed until its end.
 *
 * The stream connects again by itself and says how far it came.
 */

import { refreshHistory, refreshPermissions, refreshSession } from "./load.js";
import { change, state } from "./state.js";
import { stream } from "./stream.js";

/** @type {Map<string, () => void>} what ends each */
const followed = new Map();

/** @param {string} session @param {string} response */
export function follow(session, response) {
  if (followed.has(response)) return;
  const over = () => {
    followed.get(response)?.();
    followed.delete(response);
    refreshHistory(session);
    refreshSession(session);
  };
  const heard = (/** @type {string} */ name, /** @type {string} */ data) => {
    if (name === "turn") keep(response, JSON.parse(data));
    else if (name === "end" || name === "error") over();
  };
  followed.set(response, stream(`/api/responses/${encodeURIComponent(response)}/events`, heard, over));
}

/** @param {string} response @param {any} told */
function keep(response, told) {
  const turn = told.turn;
  if (told.permissions?.length) refreshPermissions();
  change(() => {
    const before = state.growing[response] ?? [];
    state.growing[response] = [...before.filter((each) => each.number !== turn.number), turn];
  });
}
