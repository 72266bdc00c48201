/** Dark, light, or as the system has it; the choice stays in this browser. */

import { change, state } from "./state.js";

const STORED = "greenroom:theme";
const CHANGED = new EventTarget();

const SYSTEM = matchMedia("(prefers-color-scheme: light)");

/** What is drawn first has its theme by first_theme.js. */
export function restoreTheme() {
  const chosen = localStorage.getItem(STORED);
  state.theme = chosen === "dark" || chosen === "light" ? chosen : "system";
  SYSTEM.addEventListener("change", wear);
}

/** @param {"system" | "dark" | "light"} theme */
export function choose(theme) {
  if (theme === "system") localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, theme);
  change(() => (state.theme = theme));
  wear();
}

function wear() {
  document.documentElement.dataset.theme = state.theme === "system" ? (SYSTEM.matches ? "light" : "dark") : state.theme;
  CHANGED.dispatchEvent(new Event("change"));
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
