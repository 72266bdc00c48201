/**
 * Words within a line as a model writes them: code, emphasis, links. Never markup.
 *
 * A link is shown with its address, and leads there only where the address is plainly what it shows.
 * One pass finds the pieces, a second one the pairs of marks; both take time in line with the text.
 */

import { h } from "../draw.js";

const PIECES = new RegExp(
  [
    /\\(?<escaped>[!-/:-@[-`{-~])/,
    /(?<!`)(?<ticks>`+)(?!`)(?<code>[^]*?[^`])\k<ticks>(?!`)/,
    /!?\[(?<label>[^[\]]+)\]\(<?(?<to>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+"[^"]*")?\)/,
    /<(?<angled>https?:\/\/[^\s<>]+)>/,
    /\b(?<bare>https?:\/\/[^\s<>`"*]+)/,
    /(?<run>\*+|_+|~+)/,
  ].map((each) => each.source).join("|"),
  "gu",
);
/** An address without a name before the host, which could pass for the host, and of letters that have no doubles. */
const PLAIN = /^https?:\/\/[\w.-]+(?::\d+)?(?:[/?#][!-~]*)?$/;
const TAGS = /** @type {Record<string, string>} */ ({ "**": "strong", "*": "em", _: "em", "~~": "s" });

/** @typedef {{shown: any, mark?: string, opens?: boolean, closes?: boolean}} Piece */

/** @param {string} text @returns {any[]} */
export function inline(text) {
  return paired(pieces(text));
}

/** @param {string} text @returns {Piece[]} */
function pieces(text) {
  /** @type {Piece[]} */
  const found = [];
  let end = 0;
  for (const match of text.matchAll(PIECES)) {
    if (match.index > end) found.push({ shown: text.slice(end, match.index) });
    end = match.index + match[0].length;
    const { escaped, code, label, to, angled, bare, run } = match.groups ?? {};
    if (run) found.push(...marks(run, text.slice(Math.max(0, match.index - 2), match.index), text.slice(end, end + 2)));
    else if (label !== undefined) found.push(...link(label, to));
    else if (bare) found.push(...bareAddress(bare));
    else found.push({ shown: escaped ?? (code === undefined ? address(angled) : h("code", null, trimmed(code))) });
  }
  found.push({ shown: text.slice(end) });
  return found;
}

/** One space at each end keeps code apart from its marks. @param {string} code */
function trimmed(code) {
  return /^ .*\S.* $/s.test(code) ? code.slice(1, -1) : code;
}

/**
 * A mark stands at a word: not between two letters, but in a script without spaces.
 *
 * @param {string} run @param {string} before @param {string} after two units, for a letter may have two
 * @returns {Piece[]}
 */
function marks(run, before, after) {
  const isPaired = run.length > 1;
  const isInWord = isPaired ? /[a-z\d]$/i.test(before) && /^[a-z\d]/i.test(after) : /[\p{L}\p{N}_/\\.$]$/u.test(before);
  const opens = /^\S/u.test(after) && !isInWord && (isPaired || !/^[.,;:)/]/.test(after));
  const closes = /\S$/u.test(before) && !(isPaired ? isInWord : /^[\p{L}\p{N}_]/u.test(after));
  const known = run !== "***" ? [run] : /(^|[\s("'[{])$/.test(before) ? ["**", "*"] : ["*", "**"];
  return known.map((mark) => ({ shown: mark, mark: TAGS[mark] ? mark : undefined, opens, closes }));
}

/** @param {Piece[]} all @returns {any[]} */
function paired(all) {
  const shown = [];
  const hopeless = new Set(); // the marks that nothing closes from here on
  for (let at = 0; at < all.length; at += 1) {
    const { mark, opens } = all[at];
    const end = mark && opens && !hopeless.has(mark) ? endOf(all, at) : 0;
    if (mark && end > 0) {
      shown.push(h(TAGS[mark], null, paired(all.slice(at + 1, end))));
      at = end;
    } else shown.push(all[at].shown);
    if (end < 0) hopeless.add(mark);
  }
  return shown;
}

/** @param {Piece[]} all @param {number} at @returns {number} -1: nothing closes it */
function endOf(all, at) {
  for (let end = at + 2; end < all.length; end += 1) if (all[end].mark === all[at].mark && all[end].closes) return end;
  return -1;
}

/** What it says, and where it leads. @param {string} label @param {string} to @returns {Piece[]} */
function link(label, to) {
  if (label === to || !to) return [{ shown: address(label) }];
  return [...inline(label).map((shown) => ({ shown })), { shown: " (" }, { shown: address(to) }, { shown: ")" }];
}

/** The sentence goes on after it. @param {string} text @returns {Piece[]} */
function bareAddress(text) {
  let end = text.length;
  let unopened = text.split(")").length - text.split("(").length;
  for (; /[.,;:!?'_~\]})]/.test(text[end - 1]); end -= 1) {
    if (text[end - 1] !== ")") continue;
    if (unopened <= 0) break;
    unopened -= 1;
  }
  return [{ shown: address(text.slice(0, end)) }, ...pieces(text.slice(end))];
}

/** @param {string} text */
function address(text) {
  return PLAIN.test(text) ? h("a", { href: text, target: "_blank", rel: "noopener noreferrer" }, text) : text;
}
