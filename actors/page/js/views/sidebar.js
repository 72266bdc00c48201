/** The list of sessions with what each is doing, and the ways to everything else. */

import { openDialog } from "../actions.js";
import { h, memo } from "../draw.js";
import { icon } from "../icons.js";
import { asking, toggleNotices } from "../notices.js";
import { openPalette } from "../palette.js";
import { addressOf } from "../route.js";
import { change, state } from "../state.js";
import { ago, counted } from "../text.js";
import { nextTheme } from "../theme.js";
import { branchMarks, dot, iconButton, kindIcon, stateOf } from "./marks.js";

/** @typedef {import("../types.js").SessionInfo} SessionInfo */

export function sidebar() {
  return h("nav.sidebar", { "aria-label": "Sessions" },
    h("header", null,
      h("a.brand", { href: "#/", "aria-label": "greenroom, all sessions" }, h("span.mark", { "aria-hidden": "true" }), "greenroom"),
      iconButton("command", "Commands (Ctrl K)", openPalette),
      iconButton("add", "New session (c)", () => openDialog({ name: "new" }), { class: "filled" })),
    h("label.search", null, icon("search"),
      h("input", { type: "search", id: "search", placeholder: "Search", "aria-label": "Search sessions", autocomplete: "off", value: state.search, on: { input: searched } }),
      h("kbd", { "aria-hidden": "true" }, "/")),
    h("div.scroll", null, list()),
    h("footer", null, ways(), switches()));
}

/** @param {Event} event */
function searched(event) {
  change(() => (state.search = /** @type {HTMLInputElement} */ (event.target).value));
}

function list() {
  const shown = ordered(state.sessions.filter(isFound));
  const [open, aside] = [shown.filter(([each]) => each.status !== "archived"), shown.filter(([each]) => each.status === "archived")];
  if (!shown.length && state.search) return h("p.note", null, "No session is called so.");
  if (!shown.length && state.isSynced) return h("p.note", null, "No sessions yet.");
  return [
    h("ul.sessions", { key: "open" }, open.map(([session, depth]) => row(session, depth))),
    aside.length > 0 && h("details.aside", { key: "aside" }, h("summary", null, `Archived (${aside.length})`),
      h("ul.sessions", null, aside.map(([session, depth]) => row(session, depth)))),
  ];
}

/** @param {SessionInfo} session */
function isFound(session) {
  const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [session.title, session.id, session.worktree?.branch, session.worktree?.path, session.model, session.status, session.type, session.activity?.state].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

const RANK = { asking: 0, failed: 1, active: 2, pending: 2, idle: 2, still: 3 };

/** Who asks first, forks below what they were forked from. @param {SessionInfo[]} sessions @returns {[SessionInfo, number][]} */
export function ordered(sessions) {
  const ids = new Set(sessions.map((session) => session.id));
  /** @type {Map<string, SessionInfo[]>} */
  const below = new Map();
  for (const session of [...sessions].sort((a, b) => rank(a) - rank(b) || (a.created_at < b.created_at ? 1 : -1))) {
    const origin = session.forked_from?.session_id ?? "";
    const above = ids.has(origin) ? origin : "";
    if (!below.has(above)) below.set(above, []);
    below.get(above)?.push(session);
  }
  const put = (/** @type {string} */ origin, /** @type {number} */ depth) => /** @type {[SessionInfo, number][]} */ ((below.get(origin) ?? []).flatMap((session) => [[session, depth], ...put(session.id, depth + 1)]));
  return put("", 0);
}

/** @param {SessionInfo} session */
function rank(session) {
  return RANK[/** @type {keyof typeof RANK} */ (stateOf(session).name)] ?? 2;
}

/** @param {SessionInfo} session @param {number} depth */
function row(session, depth) {
  const isHere = state.route.view === "session" && state.route.session === session.id;
  const asks = state.permissions.some((each) => each.session_id === session.id);
  return rowOf(session, depth, isHere, asks, ago(session.activity?.since ?? session.updated_at, state.now));
}

const rowOf = memo((/** @type {SessionInfo} */ session, /** @type {number} */ depth, /** @type {boolean} */ isHere, /** @type {boolean} */ asks, /** @type {string} */ since) => {
  const shown = asks ? { name: "asking", word: "asking" } : stateOf(session);
  return h("li", { key: session.id, style: depth ? `--depth: ${Math.min(depth, 6)}` : null, class: depth ? "forked" : "" },
    h("a.session-row", { href: addressOf({ view: "session", session: session.id }), "aria-current": isHere ? "page" : null },
      dot(shown),
      h("span.row-title", { title: session.title }, session.title),
      h("span.row-meta", null, shown.name === "asking" ? h("span.asks", null, "asks") : since),
      h("span.row-kind", null, kindIcon(session.type)),
      h("span.row-sub", null, session.worktree ? branchMarks(session.worktree) : (session.activity?.name ?? session.model ?? "quick")),
      h("span.row-workers", { title: counted(session.worker_count, "worker") }, counted(session.worker_count, "worker"))));
});

function ways() {
  const count = state.permissions.length;
  const here = state.route.view;
  const troubles = state.store.quarantined.length + (state.store.state === "degraded" ? 1 : 0);
  return h("div.ways", null,
    way("permissions", "key", "Permissions", here, count ? h("span.badge", null, String(count)) : null),
    way("status", "pulse", "Status", here, troubles ? h("span.badge.failed", { title: `${troubles} in need of a look` }, String(troubles)) : null),
    way("trash", "trash", "Trash", here));
}

/** @param {"permissions" | "status" | "trash"} view @param {string} name @param {string} label @param {string} here @param {any} [more] */
function way(view, name, label, here, more) {
  return h("a", { href: addressOf({ view }), "aria-current": here === view ? "page" : null }, icon(name), h("span", null, label), more);
}

function switches() {
  const themes = { system: "as the system", dark: "dark", light: "light" };
  const notices = { on: "on", off: "off", denied: "refused by the browser" };
  return h("div.switches", null,
    h("span.link", { class: state.link, title: linkWord() }, linkWord()),
    asking() ? h("span.visually-hidden", { role: "status" }, counted(asking(), "session") + " asking") : null,
    iconButton("bell", `Notifications: ${notices[state.notices]}`, toggleNotices, { "aria-pressed": state.notices === "on" ? "true" : "false" }),
    iconButton("theme", `Theme: ${themes[state.theme]}`, nextTheme),
    iconButton("help", "Keyboard help (?)", () => openDialog({ name: "help" })));
}

function linkWord() {
  return { connecting: "connecting", live: "connected", lost: "reconnecting" }[state.link];
}
