/** The form for a new session: where, with what worker, and what it is told first. */

import { createSession } from "../actions.js";
import { h } from "../draw.js";
import { icon } from "../icons.js";
import { refreshAgents } from "../load.js";
import { state } from "../state.js";
import { field, filled, footer, keepFilled } from "./dialogs.js";
import { terminalFields, terminalOf } from "./new_terminal.js";

const KEPT = "greenroom:new";
const WORKERS = [["agent", "Agent", "agent"], ["terminal", "Terminal", "terminal"], ["conversation", "Conversation", "conversation"]];
const KINDS = [["quick", "In a directory", "folder"], ["worktree", "In a new worktree", "branch"]];

/** What was filled in stays in this tab until the session is made. */
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "") ?? {};
  } catch {
    return {};
  }
}

/** @param {any} dialog */
export function newDialog(dialog) {
  if (state.agents === null) {
    state.agents = [];
    refreshAgents();
  }
  const values = dialog.values ?? kept();
  const kind = values.session_type ?? "quick";
  const worker = values.worker ?? "agent";
  const places = [...new Set(Object.values(state.details).map((session) => session?.location_path).filter(Boolean))];
  const path = kind === "quick" ? "location_path" : "repository";

  /** @param {Event} event */
  function changed(event) {
    sessionStorage.setItem(KEPT, JSON.stringify(keepFilled(event, values)));
  }

  return { title: "New session", isWide: true, submit: (/** @type {FormData} */ given) => createSession(asked(given)), body: [
    h("div", { key: "fields", class: "fields", on: { input: changed } },
      choice("session_type", "Where", KINDS, kind),
      field(kind === "quick" ? "Directory" : "Repository", path, { initial: values[path] ?? "", required: true, list: "places", placeholder: "/home/you/code/app", key: path, autofocus: true },
        kind === "quick" ? "It is left as it is when the session goes." : "A worktree and a branch of its own are made from it."),
      h("datalist", { id: "places", key: "places" }, places.map((place) => h("option", { value: place }))),
      kind === "worktree" && h("div.pair", { key: "branches" }, field("Branch", "branch", { initial: values.branch ?? "", placeholder: "a name is made" }), field("Base", "base", { initial: values.base ?? "", placeholder: "the default branch" })),
      choice("worker", "Worker", WORKERS, worker),
      worker === "agent" && agents(values.agent),
      worker === "terminal" ? terminalFields(values) : h("label.field", { key: "prompt" }, h("span", null, "Prompt"), h("textarea", { name: "prompt", rows: 3, initial: values.prompt ?? "", placeholder: "What is to be done?" })),
      field("Title", "title", { initial: values.title ?? "", placeholder: "from the directory or branch" })),
    footer(dialog.isBusy ? "Making it…" : "Create")] };
}

/** @param {string} name @param {string} label @param {string[][]} options @param {string} value */
function choice(name, label, options, value) {
  return h("fieldset.choice", { key: name }, h("legend", null, label),
    h("div.segments", null, options.map(([id, text, mark]) => h("label", { key: id },
      h("input", { type: "radio", name, value: id, checked: value === id }), h("span", null, icon(mark), text)))));
}

/** @param {string | undefined} chosen */
function agents(chosen) {
  const all = state.agents ?? [];
  const first = all.find((agent) => agent.found)?.id;
  return h("label.field", { key: "agent" }, h("span", null, "Which agent"),
    h("select", { name: "agent" }, all.map((agent) => h("option", { key: agent.id, value: agent.id, selected: agent.id === (chosen ?? first) }, agent.found ? (agent.name ?? agent.id) : `${agent.name ?? agent.id} (not installed)`))),
    all.length > 0 && !first ? h("small", null, "No agent was found in the PATH that greenroom was started with.") : null);
}

/** @param {FormData} given */
function asked(given) {
  const { worker, agent, command, restart, session_type: kind, location_path: directory, repository, branch, base, title, prompt } = filled(given);
  return {
    session_type: kind,
    ...(kind === "worktree" ? { repository, branch, base } : { location_path: directory ?? "" }),
    title,
    worker: worker === "agent" ? { type: worker, agent } : worker === "terminal" ? terminalOf({ command, restart }) : { type: worker },
    prompt: worker === "terminal" ? undefined : prompt,
  };
}
