/**
 * What shows that a request comes from this page, and not from a program at another port.
 *
 * A cookie goes to every port of this machine; what lies here is kept by the browser for this address
 * with its port alone. The daemon wants both.
 */

const STORED = "greenroom:key";

/** @param {string} key as the login gave it */
export const keepKey = (key) => localStorage.setItem(STORED, key);

const stored = () => localStorage.getItem(STORED) ?? "";

/** For requests. @returns {Record<string, string>} */
export const pageHeaders = () => ({ "Greenroom-Page": stored() });

/** For WebSockets, which can have no headers of ours. */
export const protocols = () => ["greenroom", `greenroom.page.${stored() || "none"}`];
