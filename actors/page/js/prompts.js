/**
 * Prompts for agents that were sent from this browser, and how far each has come. They stay here,
 * through a reload, until they are dismissed or others are sent.
 *
 * A worker's record tells of one delivery, mostly of ours; of others it is looked up.
 */

import { api, Refused, Unreachable } from "./api.js";
import { keepDraft } from "./drafts.js";
import { change, state } from "./state.js";

/** @typedef {import("./types.js").Prompt} Prompt */
/** @typedef {import("./types.js").Worker} Worker */

/** @param {string} worker */
const place = (worker) => `greenroom:prompts:${worker}`;

/** @param {Prompt} prompt */
export function isOpen({ delivery }) {
  return !["accepted", "failed", "cancelled"].includes(delivery.state);
}

/** @param {string} worker @returns {Prompt[]} the oldest first */
export function promptsOf(worker) {
  state.prompts[worker] ??= kept(worker);
  return state.prompts[worker];
}

/** @param {string} worker @returns {Prompt[]} */
function kept(worker) {
  try {
    return JSON.parse(localStorage.getItem(place(worker)) ?? "") ?? [];
  } catch {
    return [];
  }
}

/** @param {string} worker @param {Prompt[]} prompts */
function keep(worker, prompts) {
  if (prompts.length) localStorage.setItem(place(worker), JSON.stringify(prompts));
  else localStorage.removeItem(place(worker));
  change(() => (state.prompts[worker] = prompts));
}

/** Those that were accepted before make room for it. @param {string} session @param {string} worker @param {string} text @param {string} key */
export async function sendPrompt(session, worker, text, key) {
  const { response_id: response } = await api.request(session, { content: text, worker }, key);
  const others = promptsOf(worker).filter((each) => each.response !== response && each.delivery.state !== "accepted");
  keep(worker, [...others, { response, text, delivery: { response_id: response, state: "queued" } }]);
}

/** @param {string} worker @param {string} response */
export function dismissPrompt(worker, response) {
  keep(worker, promptsOf(worker).filter((each) => each.response !== response));
}

/** Of an agent that has gone, with what was typed for it. @param {string} session @param {string} worker */
export function forgetPrompts(session, worker) {
  keep(worker, []);
  keepDraft(`${session}/${worker}`, "");
}

/** Brings those of an agent up to date. @param {Worker} worker as its record is now */
export async function followPrompts({ id, delivery }) {
  for (const { response } of promptsOf(id).filter(isOpen)) {
    const now = delivery?.response_id === response ? delivery : await lookUp(response);
    if (now === "gone") dismissPrompt(id, response);
    else if (now) keep(id, promptsOf(id).map((each) => (each.response === response ? { ...each, delivery: now } : each)));
  }
}

/** @param {string} response @returns {Promise<any>} null: it cannot be known now */
async function lookUp(response) {
  try {
    return (await api.response(response)).delivery;
  } catch (error) {
    if (error instanceof Unreachable) return null;
    if (error instanceof Refused && error.status !== 404) return null;
    return "gone";
  }
}
