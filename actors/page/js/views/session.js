/** One session: what it is, its workers as tabs, and what the chosen one shows. */

import { openDialog, order } from "../actions.js";
import { h } from "../draw.js";
import { icon } from "../icons.js";
import { addressOf } from "../route.js";
import { state } from "../state.js";
import { changesView } from "./changes.js";
import { conversationView } from "./conversation.js";
import { branchMarks, button, dot, empty, iconButton, kindIcon, stateOf } from "./marks.js";
import { menu } from "./menu.js";
import { chosen, tabs, tabsOf } from "./tabs.js";
import { addMenu } from "./worker_menu.js";
import { terminalView } from "./terminal.js";

/** @param {{session: string, worker?: string, part?: "changes"}} route */
export function sessionView(route) {
  const session = state.details[route.session];
  if (session === null) {
    return h("div.page", { key: "gone" }, empty("This session is not there", "It was deleted, or never was. Deleted sessions lie in the trash.", h("a.button", { href: "#/trash" }, "Look in the trash")));
  }
  if (!session) return h("div.page", { key: "wait" }, h("p.note", null, "Looking…"));
  const info = state.sessions.find((each) => each.id === session.id);
  const worker = route.part ? null : chosen(session, route.worker);
  return h("div.session", { key: `session-${session.id}` },
    head(session, info),
    problemOf(session, info),
    h("div.tab-bar", null, tabs(session, worker, route.part),
      addMenu(session),
      h("a.changes-link", { href: addressOf({ view: "session", session: session.id, part: "changes" }), "aria-current": route.part ? "page" : null }, icon("diff"), "Changes")),
    h("div.panel", { id: "panel", key: `panel-${worker?.id ?? route.part ?? "none"}`, role: worker ? "tabpanel" : null, "aria-labelledby": worker ? `tab-${worker.id}` : null },
      route.part ? changesView(session.id) : panel(session, worker)));
}

/** @param {import("../types.js").Session} session @param {import("../types.js").Worker | null} worker */
function panel(session, worker) {
  if (!worker) return empty("No workers", "Add a terminal, an agent or a conversation to this session.", h("div.row", null, addMenu(session, "first")));
  if (worker.status === "asked") return h("p.note.center", null, h("span.spinner"), " Starting…");
  return worker.type === "conversation" ? conversationView(session, worker) : terminalView(session, worker);
}

/** @param {import("../types.js").Session} session @param {import("../types.js").SessionInfo | undefined} info */
function head(session, info) {
  const now = stateOf(info ?? { status: session.status });
  const press = (/** @type {string} */ what) => () => order(session.id, what);
  const isStopped = session.desired === "stopped";
  const isArchived = session.status === "archived";
  return h("header.session-head", null,
    h("a.icon-button.back", { href: "#/", "aria-label": "All sessions" }, icon("back")),
    h("div.titles", null,
      h("h1", null, dot(now), h("span", { title: session.title }, session.title)),
      h("p.where", null, kindIcon(session.type), h("span.path", { title: session.location_path }, session.location_path),
        session.type === "worktree" ? branchMarks(info?.worktree ?? /** @type {any} */ ({ branch: session.branch })) : null)),
    h("div.actions", null,
      session.desired === "paused" ? iconButton("play", "Resume", press("resume"))
        : !isStopped && !isArchived && iconButton("pause", "Pause", press("pause")),
      isStopped || isArchived ? button("Start", press(isArchived ? "unarchive" : "start"), { icon: "play", class: "primary" }) : iconButton("restart", "Restart", press("restart")),
      menu(`session-${session.id}`, "More actions", icon("more"), [
        { label: "Rename…", press: () => openDialog({ name: "rename", session }) },
        { label: "Fork…", icon: "fork", press: () => openDialog({ name: "fork", session }) },
        session.desired === "run" && !isArchived && { label: "Stop", icon: "stop", press: press("stop") },
        isArchived ? { label: "Take out of the archive", icon: "archive", press: press("unarchive") } : { label: "Archive", icon: "archive", press: press("archive") },
        { label: "Delete…", icon: "trash", isGrave: true, press: () => openDialog({ name: "delete", session }) },
      ])));
}

/** @param {import("../types.js").Session} session @param {import("../types.js").SessionInfo | undefined} info */
function problemOf(session, info) {
  const places = { gone: "The directory of this session has gone.", moved: "The directory of this session was moved.", "not-ours": "What stands in the place of this session's directory is not its own." };
  const place = places[/** @type {keyof typeof places} */ (info?.location ?? "")];
  const said = info?.worktree?.problem ?? place;
  if (info?.status === "quarantined") return h("p.notice", { key: "problem" }, icon("warn"), h("span", null, h("strong", null, "This session is quarantined:"), ` nothing can be done in it. ${state.store.quarantined.find((each) => each.session_id === session.id)?.reason ?? ""}`));
  return said ? h("p.notice", { key: "problem" }, icon("warn"), said) : null;
}
