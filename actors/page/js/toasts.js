/** Short news at the edge of the page, in the daemon's own words; they go by themselves. */

import { Unreachable } from "./api.js";
import { change, state } from "./state.js";

const SHOWN_MS = 7000;
let last = 0;

/** @param {string} text @param {"info" | "error"} [kind] */
export function tell(text, kind = "info") {
  last += 1;
  const id = last;
  change(() => (state.toasts = [...state.toasts.slice(-3), { id, kind, text }]));
  setTimeout(() => dismiss(id), kind === "error" ? SHOWN_MS * 2 : SHOWN_MS);
}

/** @param {number} id */
export function dismiss(id) {
  change(() => (state.toasts = state.toasts.filter((toast) => toast.id !== id)));
}

/** @param {unknown} error */
export function tellProblem(error) {
  if (error instanceof Unreachable && state.link === "lost") return; // the banner says it
  tell(error instanceof Error ? error.message : String(error), "error");
}
