/**
 * Requests, and responses as they grow: the daemon's stream of one (docs/http.md), until its end.
 *
 * The stream connects again by itself and says how far it came.
 */

import { api } from "./api.js";
import { refreshHistory, refreshPermissions, refreshSession } from "./load.js";
import { change, state } from "./state.js";
import { stream } from "./stream.js";

/** @type {Map<string, () => void>} what ends each */
const followed = new Map();

/** @param {import("./types.js").Round} round */
export const isOpenRound = ({ status }) => status === "queued" || status === "running";

/**
 * Follows what is answered, and nothing else: a browser has six connections to one place, for all
 * of its windows.
 *
 * @param {string} session @param {import("./types.js").Round[]} rounds
 */
export function followOnly(session, rounds) {
  const wanted = rounds.find(isOpenRound)?.id;
  for (const [response, end] of followed) {
    if (response === wanted) continue;
    end();
    followed.delete(response);
  }
  if (wanted) follow(session, wanted);
}

/** @param {string} session @param {string} response */
function follow(session, response) {
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

/** It is shown at once, as what waits its turn. @param {string} session @param {string} worker @param {string} text @param {string} key */
export async function say(session, worker, text, key) {
  const { response_id: response } = await api.request(session, { content: text, worker }, key);
  change(() => {
    const rounds = state.histories[session] ?? [];
    const asked = { id: response, status: "queued", request: { content: [{ type: "text", text }] }, created_at: new Date().toISOString() };
    if (!rounds.some((round) => round.id === response)) state.histories[session] = [...rounds, asked];
  });
  refreshHistory(session);
}
