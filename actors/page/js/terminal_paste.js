/** Images that are pasted into a terminal: the daemon saves them, and types their paths. */

import { tell } from "./toasts.js";

const MOST_IMAGE_BYTES = 700_000;

/**
 * @param {HTMLElement} place
 * @param {import("./worker_socket.js").WorkerSocket} socket
 * @returns {() => void} which ends it
 */
export function onPaste(place, socket) {
  /** @param {ClipboardEvent} event */
  async function pasted(event) {
    const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    if (file.size > MOST_IMAGE_BYTES) {
      tell("That image is too large to be pasted; save it as a file and type its path.", "error");
      return;
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const data = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    socket.send({ type: "image", data, mime_type: file.type });
  }
  place.addEventListener("paste", pasted, true);
  return () => place.removeEventListener("paste", pasted, true);
}
