/** All sessions at a glance, and what needs somebody first. */

import { h, memo } from "../draw.js";
import { addressOf } from "../route.js";
import { state } from "../state.js";
import { ago, counted } from "../text.js";
import { branchMarks, button, dot, empty, kindIcon, pageHead, stateOf } from "./marks.js";
import { permissionCard } from "./permissions.js";
import { ordered } from "./sidebar.js";

/** @param {() => void} create */
export function home(create) {
  const open = ordered(state.sessions.filter((session) => session.status !== "archived"));
  const terminals = state.sessions.filter((session) => session.activity?.state === "asking" && !state.permissions.some((each) => each.session_id === session.id));
  if (!open.length && state.isSynced) {
    return h("div.page", { key: "home" }, h("h1.visually-hidden", null, "Sessions"), empty("Nothing on stage yet", "A session is a piece of work in one directory: an agent, a conversation, a shell. It lives on when this page, or greenroom itself, is closed.", button("New session", create, { class: "primary", icon: "add" })));
  }
  return h("div.page", { key: "home" },
    pageHead("Sessions", summary(), button("New session", create, { class: "primary", icon: "add" })),
    (state.permissions.length > 0 || terminals.length > 0) && h("section", { key: "asks", "aria-labelledby": "needs-you" },
      h("h2", { id: "needs-you" }, "Needs you"),
      state.permissions.map((each) => permissionCard(each)),
      terminals.map(asks)),
    h("section", { key: "all", "aria-labelledby": "all-sessions" }, h("h2", { id: "all-sessions" }, "All"),
      h("div.table-scroll", { tabindex: 0, role: "region", "aria-labelledby": "all-sessions" },
        h("table.list", null,
          h("thead", null, h("tr", null, ["Session", "Doing", "Branch", "Workers", "Changed"].map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", null, open.map(([session, depth]) => line(session, depth, ago(session.updated_at, state.now))))))));
}

function summary() {
  const words = state.sessions.map((session) => stateOf(session).name);
  const count = (/** @type {string} */ name) => words.filter((word) => word === name).length;
  return [counted(words.length, "session"), `${count("active")} working`, `${count("asking")} asking`].join(" · ");
}

/** @param {import("../types.js").SessionInfo} session */
function asks(session) {
  return h("a.ask-line", { key: `ask-${session.id}`, href: addressOf({ view: "session", session: session.id, worker: session.activity?.worker }) },
    dot(stateOf(session)), h("strong", null, session.title), h("span.muted", null, session.activity?.name),
    h("span.quote", null, session.activity?.text || "asks something in its terminal"));
}

const line = memo((/** @type {import("../types.js").SessionInfo} */ session, /** @type {number} */ depth, /** @type {string} */ changed) => {
  const now = stateOf(session);
  return h("tr", { key: session.id },
    h("td", { style: depth ? `--depth: ${depth}` : null, class: depth ? "forked" : "" },
      h("a", { href: addressOf({ view: "session", session: session.id }) }, kindIcon(session.type), h("span", null, session.title))),
    h("td", null, h("span.doing", { class: now.name }, dot(now), now.word), session.activity?.name ? h("span.muted", null, ` ${session.activity.name}`) : null),
    h("td", null, branchMarks(session.worktree) ?? h("span.muted", null, "–")),
    h("td.number", null, String(session.worker_count)),
    h("td.number", null, changed));
});
