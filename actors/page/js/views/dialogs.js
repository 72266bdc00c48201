/** What lies over the page until it is answered. Each is a native dialog: focus stays in it, Escape closes it. */

import { askOtherwise, closeDialog, closeWorker, fork, purge, remove, rename } from "../actions.js";
import { h } from "../draw.js";
import { change, state } from "../state.js";
import { counted } from "../text.js";
import { button, iconButton } from "./marks.js";
import { helpDialog } from "./help.js";
import { newDialog } from "./new_session.js";
import { terminalDialog } from "./new_terminal.js";

export function dialogs() {
  const dialog = state.dialog;
  if (!dialog) return [];
  const views = { new: newDialog, rename: renameDialog, fork: forkDialog, delete: deleteDialog, close: closeWorkerDialog, purge: purgeDialog, terminal: terminalDialog, help: helpDialog };
  const { title, body, submit, isWide } = views[/** @type {keyof typeof views} */ (dialog.name)](dialog);
  return [h("dialog", { key: `dialog-${dialog.name}`, class: isWide ? "wide" : "", "aria-labelledby": "dialog-title", mount: opened, on: { cancel: cancelled, click: aside } },
    h("form", { method: "dialog", novalidate: true, on: { submit: (/** @type {SubmitEvent} */ event) => { event.preventDefault(); if (!dialog.isBusy) submit?.(new FormData(/** @type {HTMLFormElement} */ (event.target))); } } },
      h("header", null, h("h2", { id: "dialog-title" }, title), iconButton("close", "Close", closeDialog)),
      h("div.dialog-body", null, body, dialog.problem && !dialog.reasons?.length && h("p.failure", { key: "problem", role: "alert" }, dialog.problem))))];
}

/** @param {HTMLDialogElement} dialog */
function opened(dialog) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  dialog.showModal();
  const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector("input:checked, input, textarea, footer button");
  /** @type {HTMLElement | null} */ (first)?.focus();
  return () => before?.isConnected && before.focus();
}

/** @param {Event} event */
function cancelled(event) {
  event.preventDefault();
  closeDialog();
}

/** A click beside it. @param {MouseEvent} event */
function aside(event) {
  if (event.target === event.currentTarget) closeDialog();
}

/** @param {string} label @param {any} [props] */
export function footer(label, props = {}) {
  return h("footer", { key: "footer" }, button("Cancel", closeDialog), h("button.primary", { type: "submit", disabled: !!state.dialog?.isBusy, ...props }, label));
}

/** @param {string} label @param {string} name @param {any} [props] @param {any} [note] */
export function field(label, name, props = {}, note = null) {
  return h("div.field", { key: name },
    h("label", null, h("span", null, label), h("input", { name, autocomplete: "off", spellcheck: "false", "aria-describedby": note ? `note-${name}` : null, ...props })),
    note && h("small", { id: `note-${name}` }, note));
}

/** @param {any} dialog */
function renameDialog({ session }) {
  return { title: "Rename", submit: (/** @type {FormData} */ given) => rename(session.id, String(given.get("title"))),
    body: [field("Title", "title", { initial: session.title, maxlength: 200 }), footer("Rename")] };
}

/** @param {any} dialog */
function forkDialog({ session, at }) {
  const isWorktree = session.type === "worktree";
  const submit = (/** @type {FormData} */ given) => fork(session.id, filled(given, { at: Number }));
  return { title: `Fork ${session.title}`, submit, body: [
    h("p", { key: "what" }, "A new session with the conversation so far", isWorktree ? ", and the files in a worktree of its own. " : ". ", "This one stays as it is."),
    field("Title", "title", { placeholder: `fork of ${session.title.replace(/^fork of /, "")}` }),
    isWorktree && field("Branch", "branch", { placeholder: "a name is made" }),
    field("From number", "at", { type: "number", min: 1, placeholder: "now", initial: at ?? "" }, "As @12 below an answer: up to that one. Left empty, it is all of it."),
    footer("Fork")] };
}

/** @param {any} dialog */
function deleteDialog({ session, reasons, isRefused }) {
  const isForceable = reasons?.length > 0 && reasons.every((/** @type {any} */ reason) => reason.forceable);
  const submit = (/** @type {FormData} */ given) => {
    /** @type {Record<string, string>} */
    const how = {};
    for (const name of ["keep_worktree", "delete_branch", "force"]) if (given.get(name)) how[name] = "true";
    remove(session.id, how);
  };
  return { title: `Delete ${session.title}?`, submit, body: [
    h("p", { key: "what" }, `Its ${counted(session.workers.length, "worker")} ${session.workers.length === 1 ? "ends" : "end"}, and it moves to the trash, from where it can be restored.`),
    session.type === "worktree" && h("fieldset", { key: "options" }, h("legend", null, "Its worktree goes too, if nothing is lost by that"),
      check("keep_worktree", "Leave the worktree where it is"), check("delete_branch", "Delete its branch too, if it is merged")),
    reasons?.length > 0 && h("ul.reasons", { key: "reasons", role: "alert" }, h("li", { key: "so" }, h("strong", null, "Nothing was deleted: this would be lost or disturbed")), reasons.map((/** @type {any} */ reason) => h("li", null, h("span", null, reason.message),
      reason.examples?.length > 0 && h("code", null, reason.examples.slice(0, 4).join("  "), reason.count > 4 ? `  and ${reason.count - 4} more` : "")))),
    isForceable && check("force", "Delete it all the same: a copy of everything is kept, and restore brings it back"),
    footer("Delete", { class: "grave", ...(isForceable && isRefused ? { disabled: true } : {}) })] };
}

/** @param {string} name @param {string} label */
function check(name, label) {
  return h("label.check", { key: name, on: { change: askOtherwise } }, h("input", { type: "checkbox", name, value: "true" }), h("span", null, label));
}

/** @param {any} dialog */
function closeWorkerDialog({ session, worker }) {
  const what = worker.type === "conversation" ? "The conversation goes with it; what was said stays in the session's history." : "It runs; its processes are ended.";
  return { title: `Close ${worker.name}?`, submit: () => closeWorker(session.id, worker), body: [h("p", { key: "what" }, what), footer("Close", { class: "grave", autofocus: true })] };
}

/** @param {any} dialog */
function purgeDialog({ entry }) {
  return { title: `Remove ${entry.title} for good?`, submit: () => purge(entry), body: [h("p", { key: "what" }, "It cannot be brought back after that."), footer("Remove for good", { class: "grave" })] };
}

/** @param {FormData} given @param {Record<string, (text: string) => any>} [kinds] what is not text */
export function filled(given, kinds = {}) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const [name, value] of given) {
    const text = String(value).trim();
    if (text) found[name] = kinds[name] ? kinds[name](text) : text;
  }
  return found;
}

/** What stands in the form now, for what is shown in it by that. @param {Event} event @param {Record<string, any>} values before */
export function keepFilled(event, values) {
  const form = /** @type {HTMLFormElement} */ (/** @type {HTMLElement} */ (event.target).closest("form"));
  const now = { ...values, ...Object.fromEntries(new FormData(form)) };
  change(() => {
    if (state.dialog) state.dialog = { ...state.dialog, values: now };
  });
  return now;
}
