/**
 * What was typed for a session and is not accepted yet. It stays in this browser until it is, through
 * a reload, and is sent under one key, so that the daemon does it once however often it is sent.
 */

import { api, newKey, Refused } from "./api.js";
import { refreshHistory } from "./load.js";
import { change, state } from "./state.js";
import { tellProblem } from "./toasts.js";

/** @param {string} session */
const place = (session) => `greenroom:draft:${session}`;

/** @param {string} session @returns {{text: string, key: string}} */
export function draft(session) {
  try {
    return JSON.parse(localStorage.getItem(place(session)) ?? "") ?? empty();
  } catch {
    return empty();
  }
}

function empty() {
  return { text: "", key: newKey() };
}

/** @param {string} session @param {string} text */
export function keepDraft(session, text) {
  const { key, text: before } = draft(session);
  if (!text) localStorage.removeItem(place(session));
  else if (text !== before) localStorage.setItem(place(session), JSON.stringify({ text, key: newKey() }));
  else localStorage.setItem(place(session), JSON.stringify({ text, key }));
}

/** @param {string} session @param {string} text */
function renewKey(session, text) {
  localStorage.setItem(place(session), JSON.stringify({ text, key: newKey() }));
}

/**
 * @param {string} session
 * @param {string} worker
 * @param {HTMLTextAreaElement} box is emptied once it is accepted
 */
export async function sendDraft(session, worker, box) {
  const text = box.value;
  if (!text.trim() || box.readOnly) return;
  keepDraft(session, text);
  box.readOnly = true;
  try {
    const wanted = { content: text, worker };
    const { response_id: response } = await api.request(session, wanted, draft(session).key);
    box.value = "";
    keepDraft(session, "");
    change(() => {
      const rounds = state.histories[session] ?? [];
      const asked = { id: response, status: "queued", request: { content: [{ type: "text", text }] }, created_at: new Date().toISOString() };
      if (!rounds.some((round) => round.id === response)) state.histories[session] = [...rounds, asked];
    });
    refreshHistory(session);
  } catch (error) {
    if (error instanceof Refused) renewKey(session, text); // that answer would come again under it
    tellProblem(error);
  } finally {
    box.readOnly = false;
    box.dispatchEvent(new Event("input"));
    box.focus();
  }
}
