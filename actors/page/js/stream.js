/**
 * Server-sent events with our headers, which the browser's own `EventSource` cannot send.
 *
 * Comes back by itself where it broke off, and says how far it came.
 */

import { pageHeaders } from "./page_key.js";

const FIRST_WAIT_MS = 250;
const SLOWEST_MS = 4000;

/**
 * @param {string} path
 * @param {(name: string, data: string) => void} heard
 * @param {() => void} refused it will not be answered
 * @returns {() => void} ends it
 */
export function stream(path, heard, refused) {
  const end = new AbortController();
  follow(path, heard, end.signal).then((isRefused) => isRefused && refused());
  return () => end.abort();
}

/** @param {string} path @param {(name: string, data: string) => void} heard @param {AbortSignal} signal */
async function follow(path, heard, signal) {
  let last = "";
  for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(wait * 1.6, SLOWEST_MS)) {
    try {
      const headers = { Accept: "text/event-stream", ...pageHeaders(), ...(last && { "Last-Event-ID": last }) };
      const response = await fetch(path, { headers, signal });
      if (!response.ok && response.status < 500) return true;
      for await (const event of events(response)) {
        if (signal.aborted) return false;
        last = event.id || last;
        wait = FIRST_WAIT_MS;
        if (event.data) heard(event.name, event.data);
      }
    } catch {
      // The connection broke, or it was ended by us.
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return false;
}

/** @param {Response} response */
async function* events(response) {
  if (!response.ok || !response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (text + value).split(/\r?\n\r?\n/);
    text = parts.pop() ?? "";
    for (const part of parts) yield event(part);
  }
}

/** @param {string} part the lines of one */
function event(part) {
  const found = { name: "message", data: "", id: "" };
  for (const line of part.split(/\r?\n/)) {
    const at = line.indexOf(":");
    const field = line.slice(0, at);
    const value = line.slice(at + 1).replace(/^ /, "");
    if (field === "event") found.name = value;
    else if (field === "data") found.data += (found.data ? "\n" : "") + value;
    else if (field === "id") found.id = value;
  }
  return found;
}
