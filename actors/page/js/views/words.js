/** What a model writes, set: headings, lists, tables, quotes, code. Never markup. */

import { h } from "../draw.js";
import { inline } from "./inline.js";

const FENCE = /^[ \t]*(`{3,}|~{3,})[ \t]*([\w.+#-]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(\S.*)$/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^([ \t]*)([-*+•]|\d{1,3}[.)])([ \t]+)(\S.*)$/;
/** Lists and quotes within one another; what is deeper is text. */
const DEEPEST = 8;

/** @typedef {{shown: any, next: number}} Block `next`: the line after it */

/** @param {string} text @returns {any[]} */
export function words(text) {
  return blocks(text.replace(/\r\n/g, "\n").split("\n"), 0);
}

/** @param {string[]} lines @param {number} depth @returns {any[]} */
function blocks(lines, depth) {
  const shown = [];
  for (let at = 0; at < lines.length; ) {
    const found = blockAt(lines, at, depth) ?? paragraph(lines, at, depth);
    if (found.shown) shown.push(found.shown);
    at = found.next;
  }
  return shown;
}

/** What begins at that line, if it is not a paragraph. @param {string[]} lines @param {number} at @param {number} depth @returns {Block | null} */
function blockAt(lines, at, depth) {
  const line = lines[at];
  if (!line.trim()) return { shown: null, next: at + 1 };
  if (FENCE.test(line)) return code(lines, at);
  const heading = HEADING.exec(line);
  if (heading) return { shown: h("p.heading", { role: "heading", "aria-level": Math.min(heading[1].length + 2, 6) }, inline(heading[2].replace(/ #+$/, ""))), next: at + 1 };
  if (RULE.test(line)) return { shown: h("hr", null), next: at + 1 };
  if (depth < DEEPEST && QUOTE.test(line)) return quote(lines, at, depth);
  if (depth < DEEPEST && ITEM.test(line)) return list(lines, at, depth);
  return table(lines, at);
}

/** @param {string[]} lines @param {number} at @param {number} depth @returns {Block} */
function paragraph(lines, at, depth) {
  let next = at + 1;
  while (next < lines.length && !isInterrupted(lines, next, depth)) next += 1;
  return { shown: h("p", null, inline(lines.slice(at, next).join("\n").trim())), next };
}

/** A number within prose begins no list, but for the first. @param {string[]} lines @param {number} at @param {number} depth */
function isInterrupted(lines, at, depth) {
  const item = ITEM.exec(lines[at]);
  if (item && !RULE.test(lines[at])) return depth < DEEPEST && (!/\d/.test(item[2]) || Number.parseInt(item[2], 10) === 1);
  return isBegun(lines, at, depth);
}

/** Whether something but a paragraph begins there. @param {string[]} lines @param {number} at @param {number} depth */
function isBegun(lines, at, depth) {
  const line = lines[at];
  const isWithin = depth < DEEPEST && (QUOTE.test(line) || ITEM.test(line));
  return !line.trim() || FENCE.test(line) || HEADING.test(line) || RULE.test(line) || isWithin || sidesOf(lines, at) !== null;
}

/** Up to the mark that ends it; a text that is still growing has none yet. @param {string[]} lines @param {number} at @returns {Block} */
function code(lines, at) {
  const [, mark, language] = FENCE.exec(lines[at]) ?? [];
  const margin = width(lines[at]);
  let next = at + 1;
  while (next < lines.length && !ends(lines[next], mark)) next += 1;
  const text = lines.slice(at + 1, next).map((line) => dedented(line, margin)).join("\n");
  return { shown: h("pre.code", { tabindex: 0, "aria-label": language ? `Code, ${language}` : "Code" }, text), next: next + 1 };
}

/** @param {string} line @param {string} mark */
function ends(line, mark) {
  const text = line.trim();
  return text.length >= mark.length && text === mark[0].repeat(text.length);
}

/** @param {string[]} lines @param {number} at @param {number} depth @returns {Block} */
function quote(lines, at, depth) {
  let next = at;
  while (next < lines.length && QUOTE.test(lines[next])) next += 1;
  const within = lines.slice(at, next).map((line) => line.replace(QUOTE, ""));
  return { shown: h("blockquote", null, blocks(within, depth + 1)), next };
}

/** The items of one kind at one margin, each with all that stands further in. @param {string[]} lines @param {number} at @param {number} depth @returns {Block} */
function list(lines, at, depth) {
  const [, lead, first] = /** @type {RegExpExecArray} */ (ITEM.exec(lines[at]));
  const isNumbered = /\d/.test(first);
  const margin = width(lead);
  const items = [];
  let next = at;
  for (let item = ITEM.exec(lines[at]); item && /\d/.test(item[2]) === isNumbered && width(item[1]) <= margin + 1; item = ITEM.exec(lines[next] ?? "")) {
    const end = endOfItem(lines, next, margin);
    const inner = width(item[1]) + item[2].length + 1;
    items.push(h("li", null, blocks([item[4], ...lines.slice(next + 1, end).map((line) => dedented(line, inner))], depth + 1)));
    next = end;
    while (next < lines.length && !lines[next].trim() && ITEM.test(lines[next + 1] ?? "")) next += 1;
    if (RULE.test(lines[next] ?? "")) break;
  }
  return { shown: isNumbered ? h("ol", { start: Number.parseInt(first, 10) }, items) : h("ul", null, items), next };
}

/** @param {string[]} lines @param {number} at @param {number} margin of its list */
function endOfItem(lines, at, margin) {
  let end = at + 1;
  let fence = "";
  for (let next = end; next < lines.length; next += 1) {
    const line = lines[next];
    if (fence) {
      if (ends(line, fence)) fence = "";
    } else if (!line.trim()) {
      continue; // it belongs to the item if what follows does
    } else if (width(line) < margin + 2 && (end < next || isBegun(lines, next, 0))) {
      break;
    } else fence = FENCE.exec(line)?.[1] ?? "";
    end = next + 1;
  }
  return end;
}

/** Of the dashes below the names of a table; null: there is none. @param {string[]} lines @param {number} at */
function sidesOf(lines, at) {
  const below = lines[at + 1] ?? "";
  if (!lines[at].includes("|") || !/^[\s|:-]*-[\s|:-]*$/.test(below)) return null;
  const sides = cells(below);
  const isTable = sides.length === cells(lines[at]).length && sides.every((side) => /^:?-+:?$/.test(side));
  return isTable ? sides : null;
}

/** A line of names, a line of dashes, and the rows. @param {string[]} lines @param {number} at @returns {Block | null} */
function table(lines, at) {
  const sides = sidesOf(lines, at);
  if (!sides) return null;
  const names = cells(lines[at]);
  let next = at + 2;
  while (next < lines.length && lines[next].includes("|")) next += 1;
  const row = (/** @type {string} */ tag, /** @type {string[]} */ texts) => h("tr", null, names.map((_, index) => h(tag, { class: sideOf(sides[index]) }, inline(texts[index] ?? ""))));
  const rows = lines.slice(at + 2, next).map((line) => row("td", cells(line)));
  return { shown: h("div.table-scroll", { tabindex: 0, role: "region", "aria-label": "Table" }, h("table", null, h("thead", null, row("th", names)), h("tbody", null, rows))), next };
}

/** @param {string} line */
function cells(line) {
  const text = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return text.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|").replace(/<br ?\/?>/gi, "\n"));
}

/** @param {string} dashes */
function sideOf(dashes) {
  if (!dashes.endsWith(":")) return "";
  return dashes.startsWith(":") ? "to-middle" : "to-right";
}

/** How far in it begins; a tab is four. @param {string} line */
function width(line) {
  const [lead] = /** @type {RegExpExecArray} */ (/^[ \t]*/.exec(line));
  return lead.replace(/\t/g, "    ").length;
}

/** @param {string} line @param {number} most that is taken off its margin */
function dedented(line, most) {
  const margin = width(line);
  return " ".repeat(margin - Math.min(margin, most)) + line.trimStart();
}
