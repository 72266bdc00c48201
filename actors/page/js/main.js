/** Where the page begins: the token is traded for the cookie, then everything is drawn and followed. */

import { api } from "./api.js";
import { draw } from "./draw.js";
import { followOnly } from "./growing.js";
import { listen } from "./keys.js";
import { connect } from "./live.js";
import { refreshDiff, refreshSession, refreshStatus, refreshTrash } from "./load.js";
import { restoreNotices, titled } from "./notices.js";
import { arrive, onArrival } from "./route.js";
import { restoreSettings } from "./settings.js";
import { change, state, watch } from "./state.js";
import { restoreTheme } from "./theme.js";
import { closed, shell } from "./views/shell.js";

const TICK_MS = 15_000;
const LOOK_MS = 4000;

async function begin() {
  restoreTheme();
  restoreNotices();
  restoreSettings();
  const root = /** @type {Element} */ (document.getElementById("page"));
  root.replaceChildren();
  watch(() => {
    if (state.entry !== "unknown") draw(root, state.entry === "closed" ? closed() : shell());
    titled();
  });
  await enter();
}

/** The token never stays in the address, nor in the browser's history. */
async function enter() {
  const token = /^#token=([0-9a-f]+)$/.exec(location.hash)?.[1];
  if (token) history.replaceState(null, "", "#/");
  try {
    if (token) await api.login(token);
    await api.sessions();
    change(() => (state.entry = "open"));
  } catch (error) {
    if (/** @type {any} */ (error).status === 401) {
      change(() => (state.entry = "closed"));
      return;
    }
    change(() => (state.entry = "open"));
  }
  onArrival(visit);
  arrive();
  listen();
  connect();
  setInterval(() => change(() => (state.now = Date.now())), TICK_MS);
  setInterval(look, LOOK_MS);
}

/** @param {import("./route.js").Route} route */
function visit(route) {
  const here = route.view === "session" ? route.session : "";
  followOnly(here, state.histories[here] ?? []);
  if (route.view === "session") {
    refreshSession(route.session);
    if (route.part === "changes") refreshDiff(route.session);
  }
  if (route.view === "trash") refreshTrash();
  if (route.view === "status") refreshStatus();
}

function look() {
  if (state.link === "live" && state.route.view === "status" && !document.hidden) refreshStatus();
}

addEventListener("hashchange", () => {
  if (location.hash.startsWith("#token=")) location.reload();
});

begin();
