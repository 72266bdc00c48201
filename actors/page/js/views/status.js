/** How greenroom itself is: the store, its processes, the tree of actors. */

import { h } from "../draw.js";
import { state } from "../state.js";
import { ago, asOnScreen, counted, moment, size } from "../text.js";
import { dot, pageHead } from "./marks.js";

const NODES = { running: "well", starting: "pending", stopping: "pending", stopped: "still", degraded: "asking", quarantined: "failed" };

export function statusView() {
  const status = state.status;
  if (!status) return h("div.page", { key: "status" }, pageHead("Status", ""), h("p.note", null, "Looking…"));
  const { daemon, store, http, usage, terminal_host: host, inbox } = status;
  return h("div.page", { key: "status" },
    pageHead("Status", daemon.data),
    h("dl.figures", null,
      figure("Daemon", daemon.state, `${daemon.version} · pid ${daemon.pid}`, daemon.state === "running"),
      figure("Since", ago(daemon.started_at, state.now), moment(daemon.started_at)),
      figure("Store", store.state, (store.problems ?? []).map((/** @type {any} */ each) => each.message ?? each).join("; ") || "every change is on the disk", store.state === "ok"),
      figure("Sessions", String(status.sessions.length), counted(status.permissions?.length ?? 0, "open permission request")),
      figure("Processes", String(usage?.processes ?? "–"), `${size(usage?.memory_bytes)} · ${Math.round(usage?.cpu_percent ?? 0)} % CPU`),
      figure("Terminals", String(host?.terminals ?? 0), host?.problem ?? (host?.pid ? `host pid ${host.pid}` : "no host runs"), !host?.problem),
      figure("Inbox", String((inbox?.waiting ?? 0) + (inbox?.running ?? 0)), `${inbox?.answered ?? 0} answered, ${inbox?.rejected ?? 0} rejected`),
      figure("HTTP", http.state, http.url ?? "", http.state === "running")),
    troubles(status),
    h("section", { "aria-labelledby": "processes" }, h("h2", { id: "processes" }, "Workers"), workers(status)),
    status.mcp_servers?.length > 0 && h("section", { "aria-labelledby": "servers" }, h("h2", { id: "servers" }, "Tool servers"),
      h("ul.entries", null, status.mcp_servers.map((/** @type {any} */ each) => h("li", null, h("div", null, h("strong", null, each.name),
        h("span.muted", null, `${each.session_id ? titleOf(each.session_id) : each.workspace} · ${each.state} · ${counted(each.tools?.length ?? each.tools ?? 0, "tool")}`), each.problem ? h("span.problem", null, each.problem) : null))))),
    h("section", { "aria-labelledby": "tree" }, h("h2", { id: "tree" }, "Tree"), h("ul.tree", null, node(status.tree))));
}

/** @param {string} name @param {string} value @param {string} [more] @param {boolean} [isWell] */
function figure(name, value, more, isWell = true) {
  return h("div.figure", { class: isWell ? "" : "unwell" }, h("dt", null, name), h("dd", null, h("strong", null, value), h("span", { title: more }, more)));
}

/** @param {any} status */
function troubles({ store, orphans }) {
  const said = [
    ...(store.quarantined ?? []).map((/** @type {any} */ each) => `Session ${each.session_id} is quarantined: ${each.reason}`),
    ...(store.rejected_edits ?? []).map((/** @type {any} */ each) => `An edit was refused: ${each.reason} (${each.path})`),
    ...(orphans?.problems ?? []),
  ];
  return said.length > 0 && h("ul.troubles", { key: "troubles" }, said.map((text) => h("li", null, text)));
}

/** @param {any} status */
function workers({ sessions }) {
  const rows = sessions.flatMap((/** @type {any} */ session) => session.workers.map((/** @type {any} */ worker) => ({ session, worker })));
  if (!rows.length) return h("p.note", null, "No workers.");
  return h("div.table-scroll", { tabindex: 0, role: "region", "aria-labelledby": "processes" }, h("table.list", null,
    h("thead", null, h("tr", null, ["Worker", "State", "Restarts", "Processes", "Memory", "CPU"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", null, rows.map((/** @type {any} */ { session, worker }) => h("tr", { key: `${session.id}/${worker.id}` },
      h("td", null, h("a", { href: `#/session/${session.id}/worker/${worker.id}` }, `${session.title} / ${worker.name}`)),
      h("td", null, worker.activity?.state && worker.status === "running" ? worker.activity.state : worker.status),
      h("td.number", null, String(worker.restarts)),
      h("td.number", null, String(worker.process?.processes ?? "–")),
      h("td.number", null, size(worker.process?.memory_bytes)),
      h("td.number", null, worker.process?.cpu_percent === undefined || worker.process?.cpu_percent === null ? "–" : `${Math.round(worker.process.cpu_percent)} %`))))));
}

/** @param {any} each @returns {any} */
function node(each) {
  const name = titleOf(each.name);
  return h("li", { key: each.name },
    h("span.node", null, dot({ name: NODES[/** @type {keyof typeof NODES} */ (each.state)] ?? "idle", word: each.state }), h("span", null, name),
      h("span.muted", null, each.kind), each.restarts ? h("span.chip", null, counted(each.restarts, "restart")) : null,
      each.last_error ? h("span.problem", null, asOnScreen(each.last_error)) : null),
    each.children?.length > 0 && h("ul", null, each.children.map(node)));
}

/** @param {string} name of a node: sessions and workers are named by id there */
function titleOf(name) {
  const session = state.sessions.find((each) => each.id === name);
  if (session) return session.title;
  for (const each of state.status?.sessions ?? []) {
    const worker = each.workers.find((/** @type {any} */ found) => found.id === name);
    if (worker) return worker.name;
  }
  return name;
}
