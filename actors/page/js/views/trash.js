/** Deleted sessions, whole, until they are restored or removed for good. */

import { openDialog, restore } from "../actions.js";
import { h } from "../draw.js";
import { state } from "../state.js";
import { moment, size } from "../text.js";
import { button, empty, pageHead } from "./marks.js";

export function trashView() {
  const entries = state.trash;
  return h("div.page", { key: "trash" },
    pageHead("Trash", "A deleted session lies here whole. Restored, it is stopped until you start it."),
    entries === null ? h("p.note", null, "Looking…")
      : !entries.length ? empty("The trash is empty", "Deleted sessions can be restored from here.")
      : h("ul.entries", { key: "entries" }, entries.map((entry) => h("li", { key: entry.name },
          h("div", null, h("strong", null, entry.title || entry.id),
            h("span.muted", null, `${entry.location_path ?? ""} · deleted ${moment(entry.deleted_at)} · ${size(entry.bytes)}`),
            entry.problem ? h("span.problem", null, entry.problem) : null),
          button("Restore", () => restore(entry), { "aria-label": `Restore ${entry.title}`, disabled: !!entry.problem }),
          button("Remove for good", () => openDialog({ name: "purge", entry }), { class: "grave quiet", "aria-label": `Remove ${entry.title} for good` })))));
}
