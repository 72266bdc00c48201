/** What can be done from where one is, by name: for the palette. */

import { addWorker, openDialog, order } from "./actions.js";
import { toggleNotices } from "./notices.js";
import { go } from "./route.js";
import { set } from "./settings.js";
import { change, state } from "./state.js";
import { choose } from "./theme.js";

/** @typedef {{name: string, icon: string, more?: string, press: () => void}} Command */

const MOST = 30;

export function openPalette() {
  change(() => (state.palette = { text: "", at: 0 }));
}

export function closePalette() {
  change(() => (state.palette = null));
}

/** @param {Command} command */
export function run(command) {
  closePalette();
  command.press();
}

/** @param {string} text @returns {Command[]} */
export function commands(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return [...ofSession(), ...sessions(), ...everywhere()]
    .filter((command) => words.every((word) => `${command.name} ${command.more ?? ""}`.toLowerCase().includes(word)))
    .slice(0, MOST);
}

/** @returns {Command[]} */
function sessions() {
  return state.sessions.map((session) => ({
    name: session.title,
    more: session.worktree?.branch ?? session.activity?.state ?? session.status,
    icon: session.type === "worktree" ? "branch" : "folder",
    press: () => go({ view: "session", session: session.id }),
  }));
}

/** @returns {Command[]} */
function ofSession() {
  const here = state.route.view === "session" ? state.details[state.route.session] : null;
  if (!here) return [];
  const id = here.id;
  const add = (/** @type {any} */ wanted) => () => addWorker(id, wanted);
  const agents = (state.agents ?? []).filter((agent) => agent.found);
  return [
    { name: "Add a terminal", icon: "terminal", press: add({ type: "terminal" }) },
    { name: "Run a command in a new terminal…", icon: "terminal", press: () => openDialog({ name: "terminal", session: here }) },
    ...agents.map((agent) => ({ name: `Add ${agent.name ?? agent.id}`, icon: "agent", press: add({ type: "agent", agent: agent.id }) })),
    { name: "Show the changes", icon: "diff", press: () => go({ view: "session", session: id, part: "changes" }) },
    { name: "Restart this session", icon: "restart", press: () => order(id, "restart") },
    here.desired === "paused"
      ? { name: "Resume this session", icon: "play", press: () => order(id, "resume") }
      : { name: "Pause this session", icon: "pause", press: () => order(id, "pause") },
    { name: "Fork this session…", icon: "fork", press: () => openDialog({ name: "fork", session: here }) },
    { name: "Rename this session…", icon: "list", press: () => openDialog({ name: "rename", session: here }) },
    { name: "Archive this session", icon: "archive", press: () => order(id, "archive") },
    { name: "Delete this session…", icon: "trash", press: () => openDialog({ name: "delete", session: here }) },
  ];
}

/** @returns {Command[]} */
function everywhere() {
  return [
    { name: "New session…", icon: "add", press: () => openDialog({ name: "new" }) },
    { name: "All sessions", icon: "list", press: () => go({ view: "home" }) },
    { name: "Permissions", icon: "key", press: () => go({ view: "permissions" }) },
    { name: "Status", icon: "pulse", press: () => go({ view: "status" }) },
    { name: "Trash", icon: "trash", press: () => go({ view: "trash" }) },
    { name: "Theme: dark", icon: "theme", press: () => choose("dark") },
    { name: "Theme: light", icon: "theme", press: () => choose("light") },
    { name: "Theme: as the system", icon: "theme", press: () => choose("system") },
    { name: state.notices === "on" ? "Notifications: off" : "Notifications: on", icon: "bell", press: toggleNotices },
    { name: `Screen reader in terminals: ${state.settings.screenReader ? "off" : "on"}`, icon: "terminal", press: () => set("screenReader", !state.settings.screenReader) },
    { name: "Keyboard help", icon: "help", press: () => openDialog({ name: "help" }) },
  ];
}
