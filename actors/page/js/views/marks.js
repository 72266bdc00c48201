/** Small things that stand in many views: how something is, what kind it is, what can be pressed. */

import { h } from "../draw.js";
import { icon } from "../icons.js";

/** What a session or worker is doing, for a dot and in a word. */
/** @param {{status: string, activity?: any}} session */
export function stateOf({ status, activity }) {
  if (status === "quarantined" || status === "lost") return { name: "failed", word: status };
  if (status === "archived" || status === "paused") return { name: "still", word: status };
  if (status === "inactive" || status === "stopped" || status === "exited") return { name: "still", word: status === "inactive" ? "stopped" : status };
  if (status === "starting" || status === "asked" || status === "closing") return { name: "pending", word: status === "asked" ? "starting" : status };
  const state = activity?.state;
  if (state === "asking") return { name: "asking", word: "asking" };
  if (state === "active") return { name: "active", word: "working" };
  if (state === "idle") return { name: "idle", word: "idle" };
  return { name: "idle", word: "running" };
}

/** @param {{name: string, word: string}} state */
export function dot(state) {
  return h("span.dot", { class: state.name, role: "img", "aria-label": state.word, title: state.word });
}

/** @param {"quick" | "worktree"} type */
export function kindIcon(type) {
  return type === "worktree" ? icon("branch", "Worktree session") : icon("folder", "Quick session");
}

/** @param {string} name @param {string} label @param {(event: Event) => void} press @param {any} [props] */
export function iconButton(name, label, press, props = {}) {
  return h("button.icon-button", { type: "button", "aria-label": label, title: label, on: { click: press }, ...props }, icon(name));
}

/** @param {string} label @param {(event: Event) => void} press @param {any} [props] */
export function button(label, press, props = {}) {
  const { icon: name, ...rest } = props;
  return h("button", { type: "button", on: { click: press }, ...rest }, name && icon(name), label);
}

/** @param {import("../types.js").Worktree | null | undefined} worktree */
export function branchMarks(worktree) {
  if (!worktree) return null;
  const ahead = worktree.ahead ?? worktree.ahead_of_base;
  const behind = worktree.behind ?? worktree.behind_base;
  const open = (worktree.staged ?? 0) + (worktree.modified ?? 0) + (worktree.untracked ?? 0) + (worktree.conflicted ?? 0);
  return h("span.branch", null,
    h("span.branch-name", { title: worktree.branch ?? "" }, worktree.branch ?? (worktree.is_detached ? "detached" : "")),
    ahead ? h("span.count", { title: `${ahead} ahead` }, `↑${ahead}`) : null,
    behind ? h("span.count", { title: `${behind} behind` }, `↓${behind}`) : null,
    open ? h("span.count.changed", { title: `${open} changed files` }, `±${open}`) : null);
}

/** @param {string} title @param {string} text @param {any} [action] */
export function empty(title, text, action) {
  return h("div.empty", null, h("h2", null, title), h("p", null, text), action);
}

/** @param {string} title @param {string} text @param {any} [action] */
export function pageHead(title, text, action) {
  return h("header.page-head", null,
    h("a.icon-button.page-back", { href: "#/", "aria-label": "All sessions" }, icon("back")),
    h("h1", null, title), h("p", null, text), action);
}
