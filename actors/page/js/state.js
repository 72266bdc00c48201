/**
 * All that the page knows, in one object, and who is told when it changes.
 *
 * Views read it and draw; whoever learns something calls `change`. What is drawn follows a moment
 * later, once for all changes of that moment.
 */

/** @typedef {import("./types.js").State} State */

/** @type {State} */
export const state = {
  entry: "unknown",
  link: "connecting",
  sessions: [],
  isSynced: false,
  details: {},
  histories: {},
  firstRounds: {},
  growing: {},
  permissions: [],
  activities: {},
  pending: {},
  prompts: {},
  unsent: {},
  diffs: {},
  trash: null,
  store: { state: "ok", problems: [], quarantined: [] },
  status: null,
  agents: null,
  route: { view: "home" },
  search: "",
  toasts: [],
  dialog: null,
  palette: null,
  opened: {},
  leases: {},
  ends: {},
  notices: "off",
  theme: "system",
  settings: { promptBox: false, screenReader: false },
  now: Date.now(),
};

/** @type {Set<() => void>} */
const watchers = new Set();
let isDue = false;

/** @param {(state: State) => void} [how] */
export function change(how) {
  how?.(state);
  if (isDue) return;
  isDue = true;
  if (document.hidden) setTimeout(drawNow, 100);
  else requestAnimationFrame(drawNow);
}

/** Draw what is due at once: for a key, so that the next one finds what it opened. */
export function drawNow() {
  if (!isDue) return;
  isDue = false;
  for (const watcher of watchers) watcher();
}

/** @param {() => void} watcher */
export function watch(watcher) {
  watchers.add(watcher);
}

document.addEventListener("visibilitychange", drawNow);
