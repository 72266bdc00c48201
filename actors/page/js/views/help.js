/** Which keys do what. */

import { h } from "../draw.js";

const KEYS = [
  ["Ctrl K, ⌘ K", "Commands; within a terminal Ctrl Shift K"],
  ["/", "Search sessions"],
  ["c", "New session"],
  ["j, k", "Next, previous session"],
  ["[, ]", "Previous, next worker"],
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
    h("dt", null, keys.split(", ").map((each) => h("kbd", null, each))), h("dd", null, what))))] };
}
