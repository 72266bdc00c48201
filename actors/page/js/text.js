/**
 * Text from outside, fit for a page: nothing in it is hidden, reverses the reading direction or moves
 * anything. Every text that is drawn goes through `printable` (see draw.js): whatever is obeyed or
 * not seen is shown as an escape, so that people decide about all that is there.
 */

const SEQUENCES = new RegExp(
  "\\x1b\\[[0-?]*[ -/]*[@-~]" + // CSI: colours, cursor
    "|\\x9b[0-?]*[ -/]*[@-~]" + // CSI in one character
    "|\\x1b[\\]PX^_][^\\x07\\x1b\\x9c]*(?:\\x07|\\x1b\\\\|\\x9c)" + // OSC, DCS, SOS, PM, APC
    "|\\x1b[ -/]+[0-~]" +
    "|\\x1b[0-OQ-WYZ\\\\`-~]",
  "g",
);
const EMOJI = "\\xa9\\xae\\u203c\\u2049\\u2122-\\u2bff\\u3030\\u303d\\u3297\\u3299\\u{1f000}-\\u{1faff}";
/** These, and the letters of Arabic and India, are written with joiners between them. */
const JOINED = `\\u0600-\\u0dff${EMOJI}`;
const UNFIT = new RegExp(
  "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f" +
    "\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u200e\\u200f" +
    "\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}" +
    "\\ufff0-\\ufffb\\u{e0000}-\\u{e0fff}]|\\p{Surrogate}" +
    `|(?<![${JOINED}])(?<![${EMOJI}]\\ufe0f)[\\u200c\\u200d]|[\\u200c\\u200d](?![${JOINED}])` +
    `|(?<![${EMOJI}])[\\ufe00-\\ufe0f](?!\\u20e3)`,
  "gu",
);
const PLAIN = /^[\n\t -~]*$/;

/**
 * @param {string} text
 * @returns {string} all of it, with line ends and tabs as they are
 */
export function printable(text) {
  return PLAIN.test(text) ? text : text.replace(UNFIT, escaped);
}

/**
 * What the output of a program read like on its terminal. Not for what somebody is to decide about.
 *
 * @param {string} text
 */
export function asOnScreen(text) {
  return text.replace(SEQUENCES, "").replace(/\r+\n/g, "\n").replace(/(^|\n)\r+/g, "$1").replace(/\r+/g, "\n");
}

/** @param {string} character */
function escaped(character) {
  const code = character.codePointAt(0) ?? 0;
  const [mark, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${mark}${code.toString(16).padStart(Number(width), "0")}`;
}

/**
 * @param {string | null | undefined} at ISO 8601
 * @param {number} now milliseconds
 */
export function ago(at, now) {
  if (!at) return "";
  const seconds = Math.max(0, (now - Date.parse(at)) / 1000);
  if (seconds < 45) return "now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** @param {string | null | undefined} at */
export function moment(at) {
  return at ? new Date(at).toLocaleString() : "";
}

/** @param {number | null | undefined} count */
export function compact(count) {
  if (count === null || count === undefined) return "–";
  if (count < 1000) return String(count);
  if (count < 1_000_000) return `${(count / 1000).toFixed(count < 10_000 ? 1 : 0)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}

/** @param {number | null | undefined} bytes */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value < 10 && unit ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** @param {string | number | null | undefined} usd */
export function dollars(usd) {
  if (usd === null || usd === undefined) return null;
  const value = Number(usd);
  return `$${value > 0 && value < 0.01 ? value.toFixed(4) : value.toFixed(2)}`;
}

/**
 * @param {number} count
 * @param {string} one
 */
export function counted(count, one) {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}

/** @param {string} path */
export function lastOf(path) {
  return path.replace(/\/+$/, "").split("/").pop() || path;
}
