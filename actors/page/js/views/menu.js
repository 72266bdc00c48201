/** A button with a menu below it, worked by keyboard as menus are. */

import { h } from "../draw.js";
import { icon } from "../icons.js";
import { change, state } from "../state.js";

/**
 * @param {string} name its own among those that are shown
 * @param {string} label
 * @param {any} face what the button shows
 * @param {({label: string, press: () => void, icon?: string, isGrave?: boolean, keys?: string} | false | null)[]} items
 */
export function menu(name, label, face, items) {
  const isOpen = state.opened[`menu:${name}`] ?? false;
  const set = (/** @type {boolean} */ value) => change(() => (state.opened[`menu:${name}`] = value));

  /** @param {KeyboardEvent} event */
  function moved(event) {
    const box = /** @type {HTMLElement} */ (event.currentTarget);
    const entries = [...box.querySelectorAll("button")];
    const at = entries.indexOf(/** @type {any} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) entries[(at + step + entries.length) % entries.length]?.focus();
    else if (event.key === "Home") entries[0]?.focus();
    else if (event.key === "End") entries[entries.length - 1]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") {
      set(false);
      /** @type {HTMLElement} */ (box.previousElementSibling)?.focus();
      if (event.key === "Tab") return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return h("div.menu", { key: `menu:${name}` },
    h("button.icon-button", { type: "button", "aria-label": label, title: label, "aria-haspopup": "menu", "aria-expanded": isOpen ? "true" : "false", on: { click: () => set(!isOpen) } }, face),
    isOpen && h("div.menu-items", { key: "items", role: "menu", "aria-label": label, mount: (/** @type {HTMLElement} */ box) => opened(box, () => set(false)), on: { keydown: moved } },
      items.filter((item) => !!item).map((item) => h("button", { type: "button", role: "menuitem", tabindex: -1, class: item.isGrave ? "grave" : "", on: { click: () => { set(false); item.press(); } } },
        item.icon ? icon(item.icon) : null, h("span", null, item.label), item.keys ? h("kbd", null, item.keys) : null))));
}

/** @param {HTMLElement} box @param {() => void} close */
function opened(box, close) {
  /** @type {HTMLElement | null} */ (box.querySelector("button"))?.focus();
  /** @param {Event} event */
  function elsewhere(event) {
    if (!box.parentElement?.contains(/** @type {Node} */ (event.target))) close();
  }
  document.addEventListener("pointerdown", elsewhere);
  return () => document.removeEventListener("pointerdown", elsewhere);
}
