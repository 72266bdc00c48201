/**
 * What was typed for a session or an agent and is not accepted yet. It stays in this browser until it
 * is, through a reload, and is sent under one key, so that the daemon does it once however often it
 * is sent.
 */

import { newKey, Refused, Unreachable } from "./api.js";
import { change, state } from "./state.js";
import { tellProblem } from "./toasts.js";

/** @param {string} name of whom it is for */
const place = (name) => `greenroom:draft:${name}`;

/** @param {string} name @returns {{text: string, key: string}} */
export function draft(name) {
  try {
    return JSON.parse(localStorage.getItem(place(name)) ?? "") ?? empty();
  } catch {
    return empty();
  }
}

function empty() {
  return { text: "", key: newKey() };
}

/** @param {string} name @param {string} text */
export function keepDraft(name, text) {
  const { key, text: before } = draft(name);
  if (!text) forget(name);
  else localStorage.setItem(place(name), JSON.stringify({ text, key: text === before ? key : newKey() }));
}

/** @param {string} name */
function forget(name) {
  localStorage.removeItem(place(name));
  change(() => delete state.unsent[name]);
}

/** @param {string} name @param {string} text */
function renewKey(name, text) {
  localStorage.setItem(place(name), JSON.stringify({ text, key: newKey() }));
}

/**
 * Nothing goes out later by itself: what found no daemon is said at the box, to be sent once more.
 *
 * @param {string} name
 * @param {HTMLTextAreaElement} box is emptied once it is accepted
 * @param {(text: string, key: string) => Promise<void>} send
 */
export async function sendDraft(name, box, send) {
  const text = box.value;
  if (!text.trim() || box.readOnly) return;
  keepDraft(name, text);
  box.readOnly = true;
  try {
    await send(text, draft(name).key);
    box.value = "";
    keepDraft(name, "");
  } catch (error) {
    if (error instanceof Refused) renewKey(name, text); // that answer would come again under it
    if (error instanceof Unreachable) change(() => (state.unsent[name] = true));
    else tellProblem(error);
  } finally {
    box.readOnly = false;
    box.dispatchEvent(new Event("input"));
    box.focus();
  }
}
