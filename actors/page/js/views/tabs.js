/** A session's workers as tabs: exactly the daemon's, and those that are asked for, as pending. */

import { closeWorker, openDialog } from "../actions.js";
import { h } from "../draw.js";
import { icon } from "../icons.js";
import { go } from "../route.js";
import { state } from "../state.js";
import { dot, iconButton, stateOf } from "./marks.js";

/** @typedef {import("../types.js").Session} Session */
/** @typedef {import("../types.js").Worker} Worker */

/** @param {Session} session @returns {Worker[]} */
export function tabsOf(session) {
  const pending = state.pending[session.id] ?? [];
  const going = new Set(pending.filter((worker) => worker.status === "closing").map((worker) => worker.id));
  const there = session.workers.map((worker) => (going.has(worker.id) ? { ...worker, status: "closing", isPending: true } : worker));
  return [...there, ...pending.filter((worker) => worker.status === "asked")];
}

/** @param {Session} session @param {string | undefined} wanted @returns {Worker | null} */
export function chosen(session, wanted) {
  const all = tabsOf(session);
  return all.find((worker) => worker.id === wanted) ?? all.find((worker) => worker.name === wanted) ?? all[0] ?? null;
}

/** @param {Session} session @param {Worker | null} current @param {string | undefined} part */
export function tabs(session, current, part) {
  const all = tabsOf(session);

  /** @param {KeyboardEvent} event */
  function moved(event) {
    const at = all.findIndex((worker) => worker.id === current?.id);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step ? all[(at + step + all.length) % all.length] : event.key === "Home" ? all[0] : event.key === "End" ? all[all.length - 1] : null;
    if (event.key === "Delete" && current) ask(session, current);
    else if (next) {
      go({ view: "session", session: session.id, worker: next.id });
      requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(`tab-${next.id}`)?.focus()));
    } else return;
    event.preventDefault();
  }

  return h("div.tabs", { role: "tablist", "aria-label": "Workers", on: { keydown: moved } }, all.map((worker) => tab(session, worker, worker.id === current?.id && !part)));
}

/** @param {Session} session @param {Worker} worker @param {boolean} isHere */
function tab(session, worker, isHere) {
  const activity = state.activities[worker.id];
  const isFirst = tabsOf(session)[0]?.id === worker.id;
  const reachable = isHere || (isFirst && state.route.view === "session" && !!state.route.part);
  return h("div.tab", { key: worker.id, role: "presentation", class: [isHere ? "here" : "", worker.isPending ? "pending" : ""].join(" ") },
    h("button", { type: "button", role: "tab", id: `tab-${worker.id}`, "aria-selected": isHere ? "true" : "false", "aria-controls": isHere ? "panel" : null, tabindex: reachable ? 0 : -1, "aria-busy": worker.isPending ? "true" : null,
      on: { click: () => go({ view: "session", session: session.id, worker: worker.id }) } },
      icon({ conversation: "conversation", agent: "agent", terminal: "terminal" }[worker.type]),
      h("span", null, worker.name), dot(stateOf({ status: worker.status, activity }))),
    !worker.isPending && iconButton("close", `Close ${worker.name}`, () => ask(session, worker), { class: "tab-close", tabindex: isHere ? 0 : -1 }));
}

/** What runs is ended only when that is confirmed. @param {Session} session @param {Worker} worker */
function ask(session, worker) {
  if (worker.isPending) return;
  if (worker.status === "running" || worker.status === "starting" || worker.type === "conversation") {
    openDialog({ name: "close", session, worker });
  } else closeWorker(session.id, worker);
}
