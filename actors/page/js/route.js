/** Where one is on the page, as the part of the address after `#`: a reload loses nothing of it. */

import { change, state } from "./state.js";

/**
 * @typedef {{view: "home" | "permissions" | "trash" | "status"}
 *   | {view: "session", session: string, worker?: string, part?: "changes"}} Route
 */

/** @returns {Route} */
export function routeOf(/** @type {string} */ hash) {
  const [first, session, part, worker] = hash.replace(/^#\/?/, "").split("/").map(plain);
  if (first === "session" && session) {
    if (part === "changes") return { view: "session", session, part };
    return { view: "session", session, worker: part === "worker" ? worker : undefined };
  }
  if (first === "permissions" || first === "trash" || first === "status") return { view: first };
  return { view: "home" };
}

/** @param {string} part */
function plain(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

/** @param {Route} route */
export function addressOf(route) {
  if (route.view !== "session") return route.view === "home" ? "#/" : `#/${route.view}`;
  const session = `#/session/${encodeURIComponent(route.session)}`;
  if (route.part) return `${session}/${route.part}`;
  return route.worker ? `${session}/worker/${encodeURIComponent(route.worker)}` : session;
}

/** @param {Route} route @param {{replace?: boolean}} [how] */
export function go(route, { replace = false } = {}) {
  const address = addressOf(route);
  if (replace) history.replaceState(null, "", address);
  else if (location.hash !== address) history.pushState(null, "", address);
  arrive();
}

export function arrive() {
  const route = routeOf(location.hash);
  change(() => {
    state.route = route;
  });
  for (const visitor of visitors) visitor(route);
}

/** @type {Set<(route: Route) => void>} */
const visitors = new Set();

/** @param {(route: Route) => void} visitor */
export function onArrival(visitor) {
  visitors.add(visitor);
}

addEventListener("popstate", arrive);
addEventListener("hashchange", arrive);
