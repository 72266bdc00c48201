/** What a new terminal runs: the shell, or a command, and what is done when that ends. */

import { addWorker, closeDialog } from "../actions.js";
import { h } from "../draw.js";
import { field, filled, footer, keepFilled } from "./dialogs.js";

const ENDS = [["never", "Leave it ended"], ["always", "Start it again"]];

/** @param {Record<string, string>} values that were filled in before */
export function terminalFields(values) {
  return [
    field("Command", "command", { initial: values.command ?? "", placeholder: "your shell", class: "mono" }, "As in a shell: npm run dev, make test && ls."),
    values.command?.trim() && h("label.field", { key: "restart" }, h("span", null, "When it ends"),
      h("select", { name: "restart" }, ENDS.map(([id, text]) => h("option", { key: id, value: id, selected: id === (values.restart ?? "never") }, text))))];
}

/** @param {Record<string, any>} given @returns {any} the worker that is wanted */
export function terminalOf({ command, restart, name }) {
  if (!command) return { type: "terminal", name };
  return { type: "terminal", name, command: ["/bin/sh", "-c", command], restart: restart ?? "never" };
}

/** @param {any} dialog */
export function terminalDialog({ session, values = {} }) {
  const submit = (/** @type {FormData} */ given) => {
    closeDialog();
    addWorker(session.id, terminalOf(filled(given)));
  };
  return { title: "New terminal", isWide: true, submit, body: [
    h("div.fields", { key: "fields", on: { input: (/** @type {Event} */ event) => keepFilled(event, values) } }, terminalFields(values), field("Name", "name", { placeholder: "a number is given" })),
    footer("Create")] };
}
