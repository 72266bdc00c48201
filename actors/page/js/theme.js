/** Dark, light, or as the system has it; the choice stays in this browser. */

import { change, state } from "./state.js";

const STORED = "greenroom:theme";
const CHANGED = new EventTarget();

export function restoreTheme() {
  const chosen = localStorage.getItem(STORED);
  state.theme = chosen === "dark" || chosen === "light" ? chosen : "system";
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", announce);
}

/** @param {"system" | "dark" | "light"} theme */
export function choose(theme) {
  if (theme === "system") {
    localStorage.removeItem(STORED);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(STORED, theme);
    document.documentElement.dataset.theme = theme;
  }
  change(() => (state.theme = theme));
  announce();
}

export function nextTheme() {
  /** @type {("system" | "dark" | "light")[]} */
  const order = ["system", "dark", "light"];
  choose(order[(order.indexOf(state.theme) + 1) % order.length]);
}

/** @param {() => void} listener @returns {() => void} which ends it */
export function onTheme(listener) {
  CHANGED.addEventListener("change", listener);
  return () => CHANGED.removeEventListener("change", listener);
}

function announce() {
  CHANGED.dispatchEvent(new Event("change"));
}
