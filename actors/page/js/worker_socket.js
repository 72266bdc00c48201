/**
 * A worker's terminal over its WebSocket (docs/websocket.md): what it shows, and what is typed.
 *
 * Goes on at the byte where it was cut off, and at the newest after `skip`. What is typed while there is no connection waits for the
 * next one, a moment's worth of it.
 */

import { protocols } from "./page_key.js";

const SLOWEST_MS = 4000;
const FINAL = 4000;
/** Why a last word is the last for ever; after any other, as of a daemon that just starts, it is tried again. */
const FOR_EVER = new Set(["bad-request", "not-a-terminal", "session-not-found", "worker-not-found"]);
const MOST_WAITING = 4096;

/**
 * @typedef {object} Hearer
 * @property {(text: string, isNew: boolean) => void} history `isNew`: nothing shown before holds
 * @property {(text: string) => void} output
 * @property {(exit: {exit_code: number | null, signal: number | null}) => void} exit
 * @property {(error: {code: string, message: string}) => void} error
 * @property {(isLive: boolean) => void} link
 */

export class WorkerSocket {
  /** @param {string} session @param {string} worker @param {Hearer} hearer */
  constructor(session, worker, hearer) {
    this.path = `/ws/session/${encodeURIComponent(session)}/worker/${encodeURIComponent(worker)}`;
    this.hearer = hearer;
    /** @type {number | null} */
    this.offset = null;
    /** @type {number | null} */
    this.epoch = null;
    this.wait = 250;
    this.waiting = "";
    this.isOver = false;
    this.isSkipping = false;
    /** @type {any} */
    this.size = null;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const from = this.offset === null ? "" : `?from=${this.offset}&epoch=${this.epoch}`;
    const socket = new WebSocket(`${scheme}://${location.host}${this.path}${from}`, protocols());
    this.socket = socket;
    socket.addEventListener("open", () => {
      if (this.isOver) {
        socket.close();
        return;
      }
      this.wait = 250;
      this.hearer.link(true);
      if (this.size) this.send({ type: "resize", ...this.size });
      if (this.waiting) this.send({ type: "input", data: this.waiting });
      this.waiting = "";
    });
    socket.addEventListener("message", ({ data }) => this.isOver || this.hear(JSON.parse(data)));
    socket.addEventListener("close", ({ code, reason }) => {
      if (this.isOver || (code === FINAL && FOR_EVER.has(reason))) return;
      this.hearer.link(false);
      this.timer = setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(this.wait * 1.6, SLOWEST_MS);
    });
  }

  /** More comes than can be shown: what comes is left out, until it is begun anew. */
  skip() {
    this.isSkipping = true;
    this.offset = null;
    this.epoch = null;
  }

  /** With the newest. Without a connection, the next one begins so. */
  beginAnew() {
    this.send({ type: "request-history" });
  }

  /** @param {any} message */
  hear(message) {
    switch (message.type) {
      case "history":
      case "output": {
        if (message.type === "history") this.isSkipping = false;
        if (this.isSkipping) break;
        const isNext = message.epoch === this.epoch && message.start === this.offset;
        this.epoch = message.epoch;
        this.offset = message.offset;
        if (message.type === "history") this.hearer.history(message.data, !isNext);
        else if (isNext) this.hearer.output(message.data);
        else this.hearer.history(message.data, true);
        break;
      }
      case "exit":
        this.hearer.exit(message);
        break;
      case "error":
        this.hearer.error(message);
        break;
      default:
        break;
    }
  }

  /** @param {any} message @returns {boolean} whether it went out */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** @param {string} data */
  type(data) {
    if (this.send({ type: "input", data })) return;
    if (this.waiting.length + data.length <= MOST_WAITING) this.waiting += data;
  }

  /** @param {number} cols @param {number} rows */
  resize(cols, rows) {
    if (this.size?.cols === cols && this.size?.rows === rows) return;
    this.size = { cols, rows };
    this.send({ type: "resize", cols, rows });
  }

  /** One that is still being opened is closed after that: before, a browser takes it for a failure. */
  close() {
    this.isOver = true;
    clearTimeout(this.timer);
    if (this.socket?.readyState !== WebSocket.CONNECTING) this.socket?.close();
  }
}
