/** What a session can be given: a terminal, one of the agents that are installed, a conversation. */

import { addWorker, openDialog } from "../actions.js";
import { icon } from "../icons.js";
import { refreshAgents } from "../load.js";
import { state } from "../state.js";
import { menu } from "./menu.js";

/** @param {import("../types.js").Session} session @param {string} [place] */
export function addMenu(session, place = "tabs") {
  if (state.agents === null) {
    state.agents = [];
    refreshAgents();
  }
  const add = (/** @type {any} */ wanted) => () => addWorker(session.id, wanted);
  const agents = (state.agents ?? []).filter((agent) => agent.found);
  const hasConversation = session.workers.some((worker) => worker.type === "conversation");
  return menu(`add-${place}-${session.id}`, "Add a worker", icon("add"), [
    { label: "Terminal", icon: "terminal", press: add({ type: "terminal" }) },
    { label: "Run a command…", icon: "terminal", press: () => openDialog({ name: "terminal", session }) },
    ...agents.map((agent) => ({ label: agent.name ?? agent.id, icon: "agent", press: add({ type: "agent", agent: agent.id }) })),
    !hasConversation && { label: "Conversation", icon: "conversation", press: add({ type: "conversation" }) },
  ]);
}
