/**
 * Questions and orders to the daemon, over REST.
 *
 * What it refuses is thrown as a `Refused` with the daemon's own words; a daemon that cannot be
 * reached as an `Unreachable`. Whoever asks decides what to tell the user.
 */

import { keepKey, pageHeaders } from "./page_key.js";
import { change, state } from "./state.js";

export class Refused extends Error {
  /** @param {string} code @param {string} message @param {number} status @param {any} told */
  constructor(code, message, status, told) {
    super(message);
    this.code = code;
    this.status = status;
    this.told = told;
  }
}

export class Unreachable extends Error {}

/**
 * @param {"GET" | "POST" | "PATCH" | "DELETE"} method
 * @param {string} path below `/api`
 * @param {any} [body]
 * @param {{key?: string}} [how] `key`: sent again under it, an order is done once
 * @returns {Promise<any>}
 */
export async function ask(method, path, body, { key } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...pageHeaders() };
  if (body !== undefined || method === "POST") headers["Content-Type"] = "application/json";
  if (method === "POST" && path !== "/login") headers["Idempotency-Key"] = key ?? newKey();
  const content = body === undefined && method === "POST" ? {} : body;
  let response;
  try {
    response = await fetch(`/api${path}`, {
      method,
      headers,
      body: content === undefined ? undefined : JSON.stringify(content),
      credentials: "same-origin",
    });
  } catch {
    throw new Unreachable("greenroom does not answer; the page comes back to it by itself");
  }
  return read(response);
}

/** @param {Response} response */
async function read(response) {
  const text = await response.text();
  let told = null;
  try {
    told = text ? JSON.parse(text) : null;
  } catch {
    throw new Refused("bad-answer", "greenroom's answer could not be read", response.status, null);
  }
  if (response.ok) return told;
  if (response.status === 401) change(() => (state.entry = "closed"));
  throw new Refused(told?.code ?? "refused", told?.detail ?? response.statusText, response.status, told?.data);
}

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} id */
const session = (id) => `/sessions/${encodeURIComponent(id)}`;
/** @param {string} id @param {string} worker */
const workerOf = (id, worker) => `${session(id)}/workers/${encodeURIComponent(worker)}`;

export const api = {
  /** @param {string} token */
  login: async (token) => keepKey((await ask("POST", "/login", { token })).key),
  sessions: () => ask("GET", "/sessions"),
  /** @param {any} wanted */
  create: (wanted) => ask("POST", "/sessions", wanted),
  /** @param {string} id */
  session: (id) => ask("GET", session(id)),
  /** @param {string} id @param {any} updates */
  update: (id, updates) => ask("PATCH", session(id), { updates }),
  /** @param {string} id @param {Record<string, string>} how keep_worktree, force, delete_branch */
  remove: (id, how) => ask("DELETE", `${session(id)}?${new URLSearchParams(how)}`),
  /** @param {string} id @param {string} order restart, pause, resume, stop, start, archive … */
  order: (id, order) => ask("POST", `${session(id)}/${order}`),
  /** @param {string} id @param {any} how */
  fork: (id, how) => ask("POST", `${session(id)}/fork`, how),
  /** @param {string} id */
  history: (id) => ask("GET", `${session(id)}/history`),
  /** @param {string} id */
  diff: (id) => ask("GET", `${session(id)}/diff?form=files`),
  /** @param {string} id @param {any} wanted */
  createWorker: (id, wanted) => ask("POST", `${session(id)}/workers`, { worker: wanted }),
  /** @param {string} id @param {string} worker */
  removeWorker: (id, worker) => ask("DELETE", workerOf(id, worker)),
  /** @param {string} id @param {string} worker @param {string} order restart, stop, start */
  orderWorker: (id, worker, order) => ask("POST", `${workerOf(id, worker)}/${order}`),
  /** @param {string} id @param {string} worker */
  activity: (id, worker) => ask("GET", `${workerOf(id, worker)}/activity`),
  /** @param {string} id @param {string} worker */
  screen: (id, worker) => ask("GET", `${workerOf(id, worker)}/screen`),
  /** @param {string} id @param {string} worker @param {string} data */
  type: (id, worker, data) => ask("POST", `${workerOf(id, worker)}/input`, { data }),
  /** @param {string} id @param {any} wanted @param {string} key */
  request: (id, wanted, key) => ask("POST", `${session(id)}/requests`, wanted, { key }),
  /** @param {string} id */
  response: (id) => ask("GET", `/responses/${encodeURIComponent(id)}`),
  /** @param {string} response */
  cancel: (response) => ask("POST", `/responses/${encodeURIComponent(response)}/cancel`),
  permissions: () => ask("GET", "/permissions"),
  /** @param {string} id @param {any} answer */
  answer: (id, answer) => ask("POST", `/permissions/${encodeURIComponent(id)}`, answer),
  agents: () => ask("GET", "/agents"),
  trash: () => ask("GET", "/trash"),
  /** @param {string} name */
  purge: (name) => ask("DELETE", `/trash/${encodeURIComponent(name)}`),
  /** @param {string} id */
  restore: (id) => ask("POST", `${session(id)}/restore`),
  status: () => ask("GET", "/status"),
};
