/** Switches of the page that stay in this browser, each with a name. */

import { change, state } from "./state.js";

/** @typedef {import("./types.js").Settings} Settings */

const CHANGED = new EventTarget();

/** @param {keyof Settings} name */
const place = (name) => `greenroom:${name}`;

export function restoreSettings() {
  for (const name of /** @type {(keyof Settings)[]} */ (Object.keys(state.settings))) {
    state.settings[name] = localStorage.getItem(place(name)) === "on";
  }
}

/** @param {keyof Settings} name @param {boolean} value */
export function set(name, value) {
  localStorage.setItem(place(name), value ? "on" : "off");
  change(() => (state.settings = { ...state.settings, [name]: value }));
  CHANGED.dispatchEvent(new Event(name));
}

/** @param {keyof Settings} name @param {() => void} listener @returns {() => void} which ends it */
export function onSetting(name, listener) {
  CHANGED.addEventListener(name, listener);
  return () => CHANGED.removeEventListener(name, listener);
}
