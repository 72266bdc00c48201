/**
 * A terminal in the page: xterm.js over a worker's socket.
 *
 * It answers a program's questions about the terminal only while they are live, never from history.
 * `Shift+Escape` leaves it for the keyboard's way through the page.
 */

import { onSetting } from "./settings.js";
import { change, state } from "./state.js";
import { colours, css } from "./terminal_colours.js";
import { onPaste } from "./terminal_paste.js";
import { onTheme } from "./theme.js";
import { tell } from "./toasts.js";
import { WorkerSocket } from "./worker_socket.js";

/** What a terminal says by itself when it is asked: device, cursor, colours, focus. */
const ANSWER = /^(\x1b\[[?>=]?[\d;]*(c|R|n|\$y|t)|\x1b\[[IO]|\x1b[P\]][^\x07\x1b]*(\x07|\x1b\\))+$/;
/** Characters that wait to be shown: with more, the terminal would be seconds behind its program. */
const MOST_BEHIND = 600_000;

/** @type {Promise<any> | undefined} */
let library;

/** xterm.js, or null where greenroom was built without it. */
export function terminalLibrary() {
  const isBuilt = document.body.dataset.terminal === "xterm";
  library ??= isBuilt ? load().catch(() => null) : Promise.resolve(null);
  return library;
}

async function load() {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("../vendor/xterm.css", import.meta.url).href;
  const isStyled = new Promise((done, failed) => {
    style.addEventListener("load", done);
    style.addEventListener("error", failed);
  });
  document.head.prepend(style);
  const [found] = await Promise.all([import("../vendor/xterm.js"), isStyled]);
  return found;
}

/**
 * @param {HTMLElement} place
 * @param {any} library
 * @param {string} session
 * @param {string} worker
 * @returns {() => void} which takes it away
 */
export function openTerminal(place, { Terminal, FitAddon }, session, worker) {
  const terminal = new Terminal({
    fontFamily: css("--mono"),
    fontSize: matchMedia("(max-width: 700px)").matches ? 12 : 13,
    lineHeight: 1.2,
    scrollback: 10_000,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    theme: colours(),
    allowProposedApi: false,
    screenReaderMode: state.settings.screenReader,
    macOptionIsMeta: true,
    minimumContrastRatio: 4.5,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(place);
  let replaying = 0;
  let behind = 0;
  const show = (/** @type {string} */ text, shown = () => {}) => {
    behind += text.length;
    terminal.write(text, () => {
      behind -= text.length;
      shown();
      if (!behind && socket.isSkipping) socket.beginAnew();
    });
    if (behind > MOST_BEHIND) socket.skip();
  };
  const socket = new WorkerSocket(session, worker, {
    history(text, isNew) {
      if (isNew) terminal.reset();
      change(() => delete state.ends[worker]);
      replaying += 1;
      show(text, () => (replaying -= 1));
    },
    output: (text) => show(text),
    exit: (exit) => change(() => (state.ends[worker] = exit)),
    error({ code, message }) {
      if (code === "input-held") change(() => (state.leases[worker] = message));
      else if (code !== "worker-not-running") tell(message, "error");
    },
    link: () => {},
  });
  terminal.onData((/** @type {string} */ data) => {
    if (!ANSWER.test(data)) socket.type(data);
    else if (!replaying && document.hasFocus() && !state.leases[worker]) socket.type(data);
  });
  terminal.onBinary((/** @type {string} */ data) => socket.type(data));
  terminal.attachCustomKeyEventHandler((/** @type {KeyboardEvent} */ event) => isForTerminal(event));
  openPanes.set(worker, { socket, terminal });
  const undo = [
    follow(place, terminal, fit, socket),
    onTheme(() => (terminal.options.theme = colours())),
    onSetting("screenReader", () => (terminal.options.screenReaderMode = state.settings.screenReader)),
    onPaste(place, socket),
  ];
  if (!matchMedia("(pointer: coarse)").matches) terminal.focus();
  return () => {
    openPanes.delete(worker);
    for (const each of undo) each();
    socket.close();
    setTimeout(() => terminal.dispose()); // after what it set itself to do when it was opened
  };
}

/** @type {Map<string, {socket: WorkerSocket, terminal: any}>} */
const openPanes = new Map();

/** @param {string} worker */
export function takeInput(worker) {
  change(() => delete state.leases[worker]);
  openPanes.get(worker)?.socket.send({ type: "take-input" });
  focusTerminal(worker);
}

/** @param {string} worker */
export function focusTerminal(worker) {
  openPanes.get(worker)?.terminal.focus();
}

/** @param {string} worker @param {string} keys */
export function pressKeys(worker, keys) {
  openPanes.get(worker)?.socket.type(keys);
  focusTerminal(worker);
}

/** @param {KeyboardEvent} event */
function isForTerminal(event) {
  const key = event.key.toLowerCase();
  if (event.key === "Escape" && event.shiftKey) {
    if (event.type === "keydown") {
      const tab = document.querySelector('[role="tab"][aria-selected="true"]');
      /** @type {HTMLElement | null} */ (tab)?.focus();
    }
    return false;
  }
  const isPalette = key === "k" && (event.metaKey || (event.ctrlKey && event.shiftKey));
  return !isPalette;
}

/** The browser's own scrolling after a place has grown is over by then. */
const SETTLED_FRAMES = 4;

/**
 * Keeps the terminal as large as its place, and at its end if it was there: xterm.js takes the
 * browser's own scrolling after a place has grown for the user's.
 */
function follow(/** @type {HTMLElement} */ place, /** @type {any} */ terminal, /** @type {any} */ fit, /** @type {WorkerSocket} */ socket) {
  let settling = 0;
  let isOpen = true;
  function settle() {
    if (!isOpen) return;
    terminal.scrollToBottom();
    settling -= 1;
    if (settling) requestAnimationFrame(settle);
  }
  /** To be asked before the browser tells of its scrolling. */
  function stayAtEnd() {
    const { viewportY, baseY } = terminal.buffer.active;
    if (!settling && viewportY < baseY) return;
    if (!settling) requestAnimationFrame(settle);
    settling = SETTLED_FRAMES;
  }
  function measure() {
    if (!isOpen || !place.clientWidth || !place.clientHeight) return;
    fit.fit();
    socket.resize(Math.max(terminal.cols, 2), Math.max(terminal.rows, 2));
  }
  const seen = new ResizeObserver(() => {
    stayAtEnd();
    requestAnimationFrame(measure);
  });
  seen.observe(place);
  measure();
  return () => {
    isOpen = false;
    seen.disconnect();
  };
}
