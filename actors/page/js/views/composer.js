/** The box in which a message is written: it grows, keeps what is typed, and is emptied once that is accepted. */

import { draft, keepDraft, sendDraft } from "../drafts.js";
import { h } from "../draw.js";
import { icon } from "../icons.js";
import { state } from "../state.js";

/**
 * @param {object} box
 * @param {string} box.name of whom it is for, for what stays of it
 * @param {string} box.label
 * @param {string} box.placeholder
 * @param {boolean} box.isAble
 * @param {(text: string, key: string) => Promise<void>} box.send
 * @param {() => void} [box.leave] for Escape
 * @param {any} [box.more] what stands before the button that sends
 */
export function composer({ name, label, placeholder, isAble, send, leave, more }) {
  /** @param {Event} event */
  function typed(event) {
    const box = /** @type {HTMLTextAreaElement} */ (event.target);
    keepDraft(name, box.value);
    grow(box);
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key === "Escape" && leave) leave();
    else if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    else if (isAble) sendDraft(name, /** @type {HTMLTextAreaElement} */ (event.target), send);
    event.preventDefault();
  }

  /** @param {SubmitEvent} event */
  function submitted(event) {
    event.preventDefault();
    const box = /** @type {HTMLFormElement} */ (event.target).elements.namedItem("message");
    sendDraft(name, /** @type {HTMLTextAreaElement} */ (box), send);
  }

  return h("form.composer", { key: "composer", on: { submit: submitted } },
    h("div.column", null,
      state.unsent[name] && h("p.failure.unsent", { key: "unsent", role: "status" }, icon("warn"),
        h("span", null, "Not sent: greenroom did not answer. It stays here; press Enter again once greenroom is back.")),
      h("div.box", { key: "box" },
        h("textarea", { id: "composer", name: "message", rows: 1, "aria-label": label, placeholder, initial: draft(name).text, mount: grow, on: { input: typed, keydown: pressed } }),
        more,
        h("button.icon-button.filled", { key: "send", type: "submit", "aria-label": "Send", title: "Send (Enter)", disabled: !isAble }, icon("send")))));
}

/** @param {HTMLTextAreaElement} box */
function grow(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 240)}px`;
}

/** Writes a text into the box that is shown, unless something else stands there. @param {string} text */
export function writeAgain(text) {
  const box = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("composer"));
  if (!box || (box.value.trim() && box.value !== text)) return false;
  box.value = text;
  box.dispatchEvent(new Event("input"));
  box.focus();
  return true;
}
