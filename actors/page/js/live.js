/**
 * The socket by which the daemon says what changes (docs/websocket.md, `/ws/app`).
 *
 * It comes back by itself, begins with everything that there is, and tells the views by `state`.
 */

import { heard, synced } from "./news.js";
import { pageHeaders, protocols } from "./page_key.js";
import { change, state } from "./state.js";
import { tell } from "./toasts.js";

const SLOWEST_MS = 4000;
let wait = 250;

/** @type {WebSocket | undefined} */
let socket;

/** Everything as it is now, in order with all other news; without a connection it comes by itself. */
export function requestSync() {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "request-sync" }));
}

export function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/app`, protocols());
  socket.addEventListener("open", () => {
    wait = 250;
  });
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "sessions-sync") {
      const isFirst = state.link !== "live";
      change(() => (state.link = "live"));
      synced(message, isFirst);
    } else {
      heard(message);
    }
  });
  socket.addEventListener("close", () => {
    change(() => (state.link = "lost"));
    setTimeout(again, wait);
    wait = Math.min(wait * 1.6, SLOWEST_MS);
  });
}

/** A daemon of another version serves another page. */
async function compare() {
  const served = await fetch("/", { method: "HEAD" }).catch(() => null);
  const version = /[0-9a-f]{16}/.exec(served?.headers.get("etag") ?? "")?.[0];
  if (version && !import.meta.url.includes(version)) tell("greenroom is another version now. Load this page anew to have its page.");
}

/** Asks first whether we may still come in: a socket that is refused does not say why. */
async function again() {
  try {
    const response = await fetch("/api/sessions", { headers: { Accept: "application/json", ...pageHeaders() } });
    if (response.status === 401) {
      change(() => (state.entry = "closed"));
      return;
    }
  } catch {
    setTimeout(again, wait);
    wait = Math.min(wait * 1.6, SLOWEST_MS);
    return;
  }
  connect();
  compare();
}
