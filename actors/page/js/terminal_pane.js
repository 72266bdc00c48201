/**
 * A terminal in the page: xterm.js over a worker's socket.
 *
 * It answers a program's questions about the terminal only while they are live, never from history.
 * `Shift+Escape` leaves it for the keyboard's way through the page.
 */

import { change, state } from "./state.js";
import { onTheme } from "./theme.js";
import { tell } from "./toasts.js";
import { WorkerSocket } from "./worker_socket.js";

/** What a terminal says by itself when it is asked: device, cursor, colours, focus. */
const ANSWER = /^(\x1b\[[?>=]?[\d;]*(c|R|n|\$y|t)|\x1b\[[IO]|\x1b[P\]][^\x07\x1b]*(\x07|\x1b\\))+$/;
const MOST_IMAGE_BYTES = 700_000;
const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

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
    screenReaderMode: false,
    macOptionIsMeta: true,
    minimumContrastRatio: 4.5,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(place);
  let replaying = 0;
  const socket = new WorkerSocket(session, worker, {
    history(text, isNew) {
      if (isNew) terminal.reset();
      change(() => delete state.ends[worker]);
      replaying += 1;
      terminal.write(text, () => (replaying -= 1));
    },
    output: (text) => terminal.write(text),
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
    onPaste(place, socket),
  ];
  if (!matchMedia("(pointer: coarse)").matches) terminal.focus();
  return () => {
    openPanes.delete(worker);
    for (const each of undo) each();
    socket.close();
    terminal.dispose();
  };
}

/** @type {Map<string, {socket: WorkerSocket, terminal: any}>} */
const openPanes = new Map();

/** @param {string} worker */
export function takeInput(worker) {
  change(() => delete state.leases[worker]);
  openPanes.get(worker)?.socket.send({ type: "take-input" });
  openPanes.get(worker)?.terminal.focus();
}

/** @param {string} worker @param {string} keys */
export function pressKeys(worker, keys) {
  openPanes.get(worker)?.socket.type(keys);
  openPanes.get(worker)?.terminal.focus();
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
  function settle() {
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
    if (!place.clientWidth || !place.clientHeight) return;
    fit.fit();
    socket.resize(Math.max(terminal.cols, 2), Math.max(terminal.rows, 2));
  }
  const seen = new ResizeObserver(() => {
    stayAtEnd();
    requestAnimationFrame(measure);
  });
  seen.observe(place);
  measure();
  return () => seen.disconnect();
}

/** An image that is pasted is saved by the daemon, and its path typed. */
function onPaste(/** @type {HTMLElement} */ place, /** @type {WorkerSocket} */ socket) {
  /** @param {ClipboardEvent} event */
  async function pasted(event) {
    const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    if (file.size > MOST_IMAGE_BYTES) {
      tell("That image is too large to be pasted; save it as a file and type its path.", "error");
      return;
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const data = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    socket.send({ type: "image", data, mime_type: file.type });
  }
  place.addEventListener("paste", pasted, true);
  return () => place.removeEventListener("paste", pasted, true);
}

/** @param {string} name */
function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function colours() {
  /** @type {Record<string, string>} */
  const theme = {
    background: css("--terminal"),
    foreground: css("--text"),
    cursor: css("--accent"),
    cursorAccent: css("--terminal"),
    selectionBackground: css("--selection"),
  };
  for (const colour of COLOURS) {
    theme[colour] = css(`--ansi-${colour}`);
    theme[`bright${colour[0].toUpperCase()}${colour.slice(1)}`] = css(`--ansi-bright-${colour}`);
  }
  return theme;
}
