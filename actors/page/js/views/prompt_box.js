/** Below an agent's terminal: the box for a prompt, and how far those that were sent have come. */

import { cancel } from "../answers.js";
import { h } from "../draw.js";
import { icon } from "../icons.js";
import { refreshSession } from "../load.js";
import { dismissPrompt, isOpen, promptsOf, sendPrompt } from "../prompts.js";
import { set } from "../settings.js";
import { drawNow, state } from "../state.js";
import { focusTerminal } from "../terminal_pane.js";
import { counted } from "../text.js";
import { composer, writeAgain } from "./composer.js";
import { button, iconButton } from "./marks.js";

/** @typedef {import("../types.js").Prompt} Prompt */

const STEPS = ["queued", "typed", "submitted", "accepted"];
/** How many steps are behind it. */
const REACHED = { queued: 0, typing: 0, typed: 1, submitting: 1, submitted: 2, accepted: 3 };

/** @param {import("../types.js").Session} session @param {import("../types.js").Worker} worker */
export function promptBox(session, worker) {
  const isShown = state.settings.promptBox;
  const prompts = promptsOf(worker.id);
  const isAble = (worker.status === "running" || worker.status === "starting") && session.desired !== "stopped";
  return h("section.prompts", { key: "prompts", "aria-label": `Prompts for ${worker.name}`, class: isShown ? "open" : "" },
    h("div.prompts-head", null,
      h("button.quiet", { type: "button", "aria-expanded": isShown ? "true" : "false", "aria-controls": "prompts-body", title: "Write a prompt (p)", on: { click: () => (isShown ? foldPrompts(worker.id) : openPrompts()) } },
        icon(isShown ? "down" : "up"), "Prompt"),
      !isShown && prompts.length > 0 && h("span.muted", null, wordOf(prompts))),
    h("div", { id: "prompts-body", key: "body", hidden: !isShown }, isShown && [
      prompts.length > 0 && h("ol.deliveries", { key: "deliveries", tabindex: 0, "aria-label": "Sent prompts" }, prompts.map((each) => deliveryView(worker.id, each))),
      composer({ name: `${session.id}/${worker.id}`, label: `Prompt for ${worker.name}`, isAble,
        placeholder: isAble ? "Typed and submitted once the agent is at rest" : "Start the agent to write to it",
        send: (text, key) => sendPrompt(session.id, worker.id, text, key).then(() => refreshSession(session.id)), leave: () => focusTerminal(worker.id) })]));
}

export function openPrompts() {
  set("promptBox", true);
  drawNow();
  document.getElementById("composer")?.focus();
}

/** @param {string} worker */
function foldPrompts(worker) {
  set("promptBox", false);
  focusTerminal(worker);
}

/** Of the last one, and how many wait. @param {Prompt[]} prompts */
function wordOf(prompts) {
  const failed = prompts.filter((each) => each.delivery.state === "failed").length;
  const open = prompts.filter(isOpen).length;
  return [failed && `${failed} failed`, open && `${counted(open, "prompt")} under way`].filter(Boolean).join(", ") || "accepted";
}

/** @param {string} worker @param {Prompt} prompt */
function deliveryView(worker, prompt) {
  const { response, text, delivery } = prompt;
  const again = () => {
    if (writeAgain(text)) dismissPrompt(worker, response);
  };
  const hasEnded = !isOpen(prompt);
  return h("li.delivery", { key: response, class: delivery.state },
    h("div.delivery-head", null,
      h("span.delivery-text", { title: text }, text),
      h("span.steps", { role: "status", "aria-label": `The prompt is ${delivery.state}` }, steps(delivery)),
      delivery.state === "queued" && button("Take back", () => cancel(response), { key: "back", class: "quiet" }),
      hasEnded && delivery.state !== "accepted" && button("Write again", again, { key: "again", class: "quiet" }),
      hasEnded && iconButton("close", "Dismiss", () => dismissPrompt(worker, response), { key: "dismiss" })),
    delivery.evidence && h("details", { key: "evidence", open: delivery.state === "failed" },
      h("summary", null, "What was seen"), h("pre", { tabindex: 0, "aria-label": "Evidence" }, delivery.evidence)));
}

/** What is behind it, where it is, and what is to come; after a bad end nothing is. @param {any} delivery */
function steps({ state: now, attempts, presses }) {
  const reached = REACHED[/** @type {keyof typeof REACHED} */ (now)];
  if (reached !== undefined) return STEPS.map((step, index) => h("span.step", { key: step, class: index < reached ? "past" : index === reached ? "now" : "" }, step));
  const last = presses ? 2 : attempts ? 1 : 0;
  return [...STEPS.slice(0, last + 1).map((step) => h("span.step.past", { key: step }, step)), h("span.step.failed", { key: now }, now)];
}
