/** Which keys do what, and how terminals are read out. */

import { h } from "../draw.js";
import { set } from "../settings.js";
import { state } from "../state.js";

const KEYS = [
  ["Ctrl K, ⌘ K", "Commands; within a terminal Ctrl Shift K"],
  ["/", "Search sessions"],
  ["c", "New session"],
  ["j, k", "Next, previous session"],
  ["[, ]", "Previous, next worker"],
  ["p", "Write to the agent or conversation"],
  ["d", "Changes of the session"],
  ["g h, g p, g s, g t", "Sessions, permissions, status, trash"],
  ["Shift Esc", "Leave a terminal, to its tab"],
  ["← →, Delete", "On a tab: another worker; close it"],
  ["Enter, Shift Enter", "Send a message; a new line in it"],
  ["Esc", "Close what lies over the page"],
  ["?", "This"],
];

export function helpDialog() {
  return { title: "Keyboard", submit: undefined, body: [h("dl.keys-help", { key: "keys" }, KEYS.map(([keys, what]) => h("div", null,
    h("dt", null, keys.split(", ").map((each) => h("kbd", null, each))), h("dd", null, what)))),
  h("label.check", { key: "reader" }, h("input", { type: "checkbox", checked: state.settings.screenReader, on: { change: read } }), h("span", null, "Screen reader in terminals: their text is said as it comes. It costs some speed."))] };
}

/** @param {Event} event */
function read(event) {
  set("screenReader", /** @type {HTMLInputElement} */ (event.target).checked);
}
