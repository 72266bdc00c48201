/**
 * What is to be seen, as values, and how the document is brought to match them.
 *
 * `h` makes a node, `draw` changes only what differs, so that focus, selection and scrolling stay.
 * All text and all attributes pass `printable`; there is no way to put markup in. `mount` is called once
 * a node is in the document, and what it returns when it goes; an `island` is left alone inside.
 */

import { printable } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {{tag: string, props: Record<string, any>, children: Drawn[], key: any}} Drawn
 * @typedef {Drawn | string | number | false | null | undefined} Child
 */

/**
 * @param {string} tag with classes after dots, as `button.quiet`
 * @param {Record<string, any> | null} [props] `on` has listeners by event; `initial` is the first value
 * @param {...(Child | Child[])} children
 * @returns {Drawn}
 */
export function h(tag, props, ...children) {
  const [name, ...classes] = tag.split(".");
  const given = { ...props };
  const all = [...classes, given.class].filter(Boolean).join(" ");
  if (all) given.class = all;
  return { tag: name, props: given, children: children.flat(2).filter(isShown).map(asNode), key: given.key };
}

/**
 * Makes of a view one that draws a value anew only if something else of what it is told is another.
 *
 * @template {object} Value
 * @template {any[]} Told
 * @param {(value: Value, ...told: Told) => Drawn} view which reads nothing but these
 * @returns {(value: Value, ...told: Told) => Drawn}
 */
export function memo(view) {
  /** @type {WeakMap<Value, {told: Told, drawn: Drawn}>} */
  const known = new WeakMap();
  return (value, ...told) => {
    const before = known.get(value);
    if (before && told.every((each, index) => each === before.told[index])) return before.drawn;
    const drawn = view(value, ...told);
    known.set(value, { told, drawn });
    return drawn;
  };
}

/** @param {Child} child */
function isShown(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

/** @param {any} child @returns {Drawn} */
function asNode(child) {
  if (typeof child === "object") return child;
  return { tag: "#text", props: { text: String(child) }, children: [], key: undefined };
}

/** @type {any[]} Nodes that were made and are not mounted yet. */
let made = [];

/**
 * @param {Element} parent
 * @param {Drawn[]} wanted
 */
export function draw(parent, wanted) {
  fill(parent, wanted);
  const due = made;
  made = [];
  for (const node of due) if (node.isConnected) node.unmount = node.drawn.props.mount(node);
}

/** @param {Element} parent @param {Drawn[]} wanted */
function fill(parent, wanted) {
  const kept = keep(parent, wanted);
  /** @type {Node | null} */
  let next = parent.firstChild;
  for (const drawn of wanted) {
    const node = kept.get(drawn) ?? make(drawn, parent.namespaceURI);
    if (node === next) next = node.nextSibling;
    else parent.insertBefore(node, next); // what is moved loses the focus, so little is moved
    if (kept.has(drawn)) renew(node, drawn);
  }
}

/**
 * Removes what is not wanted any more, first of all, so that the rest stays where it is.
 *
 * @param {Element} parent
 * @param {Drawn[]} wanted
 * @returns {Map<Drawn, any>} the nodes that are there already
 */
function keep(parent, wanted) {
  const known = new Map();
  [...parent.childNodes].forEach((node, index) => known.set(nameOf(/** @type {any} */ (node).drawn, index), node));
  const kept = new Map();
  wanted.forEach((drawn, index) => {
    const name = nameOf(drawn, index);
    const node = known.get(name);
    if (node?.drawn?.tag !== drawn.tag) return;
    known.delete(name);
    kept.set(drawn, node);
  });
  for (const node of known.values()) {
    left(node);
    node.remove();
  }
  return kept;
}

/** @param {Drawn | undefined} drawn @param {number} index */
function nameOf(drawn, index) {
  return drawn && drawn.key !== undefined ? `key:${drawn.key}` : index;
}

/** @param {any} node */
function left(node) {
  for (const child of node.childNodes ?? []) left(child);
  node.unmount?.();
}

/** @param {Drawn} drawn @param {string | null} namespace */
function make(drawn, namespace) {
  /** @type {any} */
  let node;
  if (drawn.tag === "#text") {
    node = document.createTextNode(printable(drawn.props.text));
  } else {
    const inSvg = drawn.tag === "svg" || (namespace === SVG && drawn.tag !== "foreignObject");
    node = inSvg ? document.createElementNS(SVG, drawn.tag) : document.createElement(drawn.tag);
    setAll(node, {}, drawn.props);
    if (!drawn.props.island) fill(node, drawn.children);
    if (drawn.props.mount) made.push(node);
  }
  node.drawn = drawn;
  return node;
}

/** @param {any} node @param {Drawn} drawn */
function renew(node, drawn) {
  const before = node.drawn;
  if (before === drawn) return;
  node.drawn = drawn;
  if (drawn.tag === "#text") {
    if (before.props.text !== drawn.props.text) node.data = printable(drawn.props.text);
    return;
  }
  setAll(node, before.props, drawn.props);
  if (!drawn.props.island) fill(node, drawn.children);
}

const OWN = new Set(["on", "mount", "island", "key", "initial"]);

/**
 * @param {any} node
 * @param {Record<string, any>} before
 * @param {Record<string, any>} now
 */
function setAll(node, before, now) {
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (OWN.has(name)) continue;
    if (name === "value" || name === "checked") {
      if (node[name] !== now[name]) node[name] = now[name];
    } else if (before[name] !== now[name]) {
      setAttribute(node, name, now[name]);
    }
  }
  for (const event of Object.keys(now.on ?? {})) {
    if (!before.on?.[event]) {
      node.addEventListener(event, (/** @type {Event} */ happened) => node.drawn.props.on?.[event]?.(happened));
    }
  }
  if (!("initial" in before) && "initial" in now) node.value = now.initial;
}

/** @param {Element} node @param {string} name @param {any} value */
function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : printable(String(value)));
}
