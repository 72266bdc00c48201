/** The frame of the page, what is shown in it by the route, and what lies over it. */

import { openDialog } from "../actions.js";
import { h } from "../draw.js";
import { icon } from "../icons.js";
import { state } from "../state.js";
import { dismiss } from "../toasts.js";
import { dialogs } from "./dialogs.js";
import { home } from "./home.js";
import { iconButton } from "./marks.js";
import { paletteView } from "./palette_view.js";
import { permissionsView } from "./permissions.js";
import { sessionView } from "./session.js";
import { sidebar } from "./sidebar.js";
import { statusView } from "./status.js";
import { trashView } from "./trash.js";

export function shell() {
  return [
    h("a.skip", { key: "skip", href: "#main", on: { click: toMain } }, "Skip to the content"),
    h("div.app", { key: "app", class: state.route.view === "home" ? "at-home" : "" },
      sidebar(),
      h("main", { id: "main", key: "main", tabindex: -1 }, banner(), content())),
    h("div.toasts", { key: "toasts", role: "status", "aria-live": "polite" }, state.toasts.map(toast)),
    ...dialogs(),
    state.palette && paletteView(),
  ].filter((each) => !!each);
}

/** @param {Event} event */
function toMain(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function content() {
  const route = state.route;
  if (route.view === "session") return sessionView(route);
  if (route.view === "permissions") return permissionsView();
  if (route.view === "status") return statusView();
  if (route.view === "trash") return trashView();
  return home(() => openDialog({ name: "new" }));
}

function banner() {
  if (state.link !== "lost") return state.store.state === "degraded" && state.route.view !== "status" ? degraded() : null;
  return h("div.banner", { key: "banner", role: "status" }, h("span.spinner", { "aria-hidden": "true" }),
    h("span", null, h("strong", null, "greenroom does not answer."), " Terminals live on. This page comes back to it by itself, and what you typed stays."));
}

function degraded() {
  return h("div.banner", { key: "degraded", role: "status" }, icon("warn"),
    h("span", null, h("strong", null, "The store is degraded."), ` ${state.store.problems.join("; ")}`), h("a.button", { href: "#/status" }, "Status"));
}

/** @param {import("../types.js").Toast} each */
function toast(each) {
  return h("div.toast", { key: each.id, class: each.kind }, each.kind === "error" ? icon("warn") : icon("check"),
    h("p", null, each.text), iconButton("close", "Dismiss", () => dismiss(each.id)));
}

/** For a browser that may not come in. */
export function closed() {
  return [h("main.closed", { id: "main" },
    h("div.card", null,
      h("span.mark.large", { "aria-hidden": "true" }),
      h("h1", null, "This browser is not logged in"),
      h("p", null, "greenroom's page opens with a key of your machine. In a terminal there, run:"),
      h("pre", { tabindex: 0 }, "greenroom open"),
      h("p.note", null, "It opens this page with the key, once; this browser is known from then on. In a checkout: python run.py open")))];
}
