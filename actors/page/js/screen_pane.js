/**
 * A terminal as text, where the library for a real one is not there: what its screen shows, looked
 * at again and again, and a line to type into.
 */

import { api } from "./api.js";
import { draw, h } from "./draw.js";
import { tellProblem } from "./toasts.js";

const LOOK_MS = 800;

/** @param {HTMLElement} place @param {string} session @param {string} worker @returns {() => void} */
export function openScreen(place, session, worker) {
  let isOpen = true;
  /** @type {string[]} */
  let lines = [];

  async function look() {
    if (!isOpen) return;
    try {
      if (!document.hidden) lines = (await api.screen(session, worker)).lines;
      show();
    } catch {
      // It is shown as it was until it can be had again.
    }
    setTimeout(look, LOOK_MS);
  }

  /** @param {SubmitEvent} event */
  async function typed(event) {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (event.target).elements.namedItem("line"));
    try {
      await api.type(session, worker, `${input.value}\r`);
      input.value = "";
      look();
    } catch (error) {
      tellProblem(error);
    }
  }

  function show() {
    draw(place, [
      h("pre.screen", { role: "log", "aria-label": "Terminal screen", tabindex: 0 }, lines.join("\n")),
      h("form.screen-line", { on: { submit: typed } },
        h("input", { name: "line", autocomplete: "off", spellcheck: "false", "aria-label": "Type a line", placeholder: "Type a line, Enter sends it" }),
        h("button.primary", { type: "submit" }, "Send")),
      h("p.note", null, "greenroom was built without its terminal library, so this is the screen as text."),
    ]);
  }

  show();
  look();
  return () => {
    isOpen = false;
  };
}
