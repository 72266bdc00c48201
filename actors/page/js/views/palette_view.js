/** The palette of commands: type a part of a name, Enter does it. */

import { h } from "../draw.js";
import { icon } from "../icons.js";
import { closePalette, commands, run } from "../palette.js";
import { change, state } from "../state.js";

export function paletteView() {
  const palette = /** @type {{text: string, at: number}} */ (state.palette);
  const found = commands(palette.text);
  const at = Math.min(palette.at, Math.max(found.length - 1, 0));

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) change(() => (state.palette = { ...palette, at: (at + step + found.length) % found.length }));
    else if (event.key === "Enter" && found[at]) run(found[at]);
    else return;
    event.preventDefault();
  }

  return h("dialog.palette", { key: "palette", "aria-label": "Commands", mount: opened, on: { cancel: cancelled, click: aside } },
    h("div.palette-box", null, icon("search"),
      h("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-activedescendant": found[at] ? `command-${at}` : null, "aria-label": "Command or session", placeholder: "Go to a session, or do something", autocomplete: "off", spellcheck: "false", initial: "",
        on: { input: (/** @type {Event} */ event) => change(() => (state.palette = { text: /** @type {HTMLInputElement} */ (event.target).value, at: 0 })), keydown: pressed } })),
    h("ul", { id: "palette-list", role: "listbox", "aria-label": "Commands" }, found.map((command, index) => h("li", { key: command.name, id: `command-${index}`, role: "option", "aria-selected": index === at ? "true" : "false", mount: null,
      on: { click: () => run(command), pointermove: () => index !== at && change(() => (state.palette = { ...palette, at: index })) } },
      icon(command.icon), h("span", null, command.name), command.more ? h("span.muted", null, command.more) : null)),
      !found.length && h("li.note", { key: "none", role: "option", "aria-disabled": "true" }, "Nothing is called so.")));
}

/** @param {HTMLDialogElement} dialog */
function opened(dialog) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  dialog.showModal();
  dialog.querySelector("input")?.focus();
  return () => before?.isConnected && before.focus();
}

/** @param {Event} event */
function cancelled(event) {
  event.preventDefault();
  closePalette();
}

/** @param {MouseEvent} event */
function aside(event) {
  if (event.target === event.currentTarget) closePalette();
}
