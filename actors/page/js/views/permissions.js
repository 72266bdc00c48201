/** Questions of conversations whether a tool may be called: to be answered here, or where they arose. */

import { answer } from "../answers.js";
import { h } from "../draw.js";
import { icon } from "../icons.js";
import { addressOf } from "../route.js";
import { state } from "../state.js";
import { button, empty, pageHead } from "./marks.js";

/** @typedef {import("../types.js").Permission} Permission */

export function permissionsView() {
  return h("div.page", { key: "permissions" },
    pageHead("Permissions", "Without an answer in time the answer is no."),
    state.permissions.length
      ? h("div.stack", { key: "list" }, state.permissions.map((each) => permissionCard(each)))
      : empty("Nothing is asked", "Tool calls that no rule decides wait here for your answer."));
}

/** @param {Permission} each @param {{isInPlace?: boolean}} [how] */
export function permissionCard(each, { isInPlace = false } = {}) {
  const isSent = state.opened[`answered:${each.id}`] ?? false;
  const press = (/** @type {"allow" | "deny"} */ decision, remember = false) => () => answer(each.id, decision, remember);
  const what = each.kind === "server" ? `Start the tool server ${each.server}?` : each.tool;
  return h("article.permission", { key: `permission-${each.id}`, "aria-label": `Permission request: ${each.tool}` },
    h("header", null, icon("key"), h("strong", null, what),
      each.only_reads ? h("span.chip", null, "only reads") : null,
      !isInPlace && h("a.muted", { href: addressOf({ view: "session", session: each.session_id }) }, each.title ?? "session"),
      h("span.muted.time", null, leftOf(each))),
    each.reason ? h("p.reason", null, each.reason) : null,
    Object.keys(each.arguments ?? {}).length > 0 && h("pre.arguments", { tabindex: 0, "aria-label": "Arguments" }, JSON.stringify(each.arguments, null, 2)),
    h("footer", null,
      button("Allow", press("allow"), { class: "primary", disabled: isSent }),
      button("Allow for this session", press("allow", true), { disabled: isSent }),
      button("Deny", press("deny"), { class: "grave", disabled: isSent })));
}

/** @param {Permission} each */
function leftOf(each) {
  const left = Math.max(0, ((each.until ?? 0) - state.now) / 1000);
  return left >= 90 ? `${Math.round(left / 60)} min left` : `${Math.round(left)} s left`;
}
