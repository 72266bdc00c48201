/** What changed in a session's directory since its base: a summary, and each file with its hunks. */

import { h } from "../draw.js";
import { icon } from "../icons.js";
import { refreshDiff } from "../load.js";
import { change, state } from "../state.js";
import { counted } from "../text.js";
import { button, empty } from "./marks.js";

const LETTERS = { added: "A", deleted: "D", modified: "M", renamed: "R", "type-changed": "T" };
const OPEN_FILES = 20;
const OPEN_LINES = 600;

/** @param {string} session */
export function changesView(session) {
  const diff = state.diffs[session];
  const again = button("Look again", () => refreshDiff(session), { icon: "restart", class: "quiet" });
  if (!diff) return h("p.note.center", null, "Looking…");
  if (diff.problem) return h("div.changes", null, empty("Nothing to compare", diff.problem, again));
  if (!diff.files.length) return h("div.changes", null, empty("No changes", `The files are as they were at ${(diff.base ?? "the beginning").slice(0, 10)}.`, again));
  const { files, added, removed } = diff.summary;
  return h("div.changes", { tabindex: 0, role: "region", "aria-label": "Changes" },
    h("header.changes-head", null,
      h("strong", null, counted(files, "file")), h("span.added", null, `+${added}`), h("span.removed", null, `−${removed}`),
      h("span.muted", null, `since ${(diff.base ?? "").slice(0, 10)}`), h("span.spacer"), again),
    diff.is_cut ? h("p.notice", null, icon("warn"), "There is more than fits here; greenroom diff shows all of it.") : null,
    diff.files.map((/** @type {any} */ file, /** @type {number} */ index) => fileView(session, file, index)));
}

/** @param {string} session @param {any} file @param {number} index */
function fileView(session, file, index) {
  const name = `diff:${session}:${file.path}`;
  const lines = (file.hunks ?? []).reduce((/** @type {number} */ sum, /** @type {any} */ hunk) => sum + hunk.lines.length, 0);
  const isOpen = state.opened[name] ?? (index < OPEN_FILES && lines <= OPEN_LINES);
  const toggled = (/** @type {Event} */ event) => {
    const now = /** @type {HTMLDetailsElement} */ (event.target).open;
    if (now !== isOpen) change(() => (state.opened[name] = now));
  };
  return h("details.file", { key: file.path, open: isOpen, on: { toggle: toggled } },
    h("summary", null,
      h("span.letter", { class: file.status, title: file.status }, LETTERS[/** @type {keyof typeof LETTERS} */ (file.status)] ?? "?"),
      h("span.file-path", null, file.old_path && file.old_path !== file.path ? `${file.old_path} → ${file.path}` : file.path),
      file.is_binary ? h("span.muted", null, "binary") : [h("span.added", { key: "added" }, `+${file.added ?? 0}`), h("span.removed", { key: "removed" }, `−${file.removed ?? 0}`)]),
    isOpen && (file.is_binary ? h("p.note", null, "Its bytes differ.")
      : file.hunks === null ? h("p.note", null, "Too much to be shown here.")
      : h("div.hunks", { tabindex: 0, role: "region", "aria-label": `Changes of ${file.path}` }, h("table.hunk-table", null, h("tbody", null, file.hunks.flatMap(hunkRows))))));
}

/** @param {any} hunk */
function hunkRows(hunk) {
  let [before, after] = [hunk.old_start, hunk.new_start];
  const head = h("tr.hunk-head", null, h("td", { colspan: 3 }, `@@ −${hunk.old_start},${hunk.old_lines} +${hunk.new_start},${hunk.new_lines} @@ ${hunk.heading}`));
  return [head, ...hunk.lines.map((/** @type {any} */ line) => {
    const [old, now] = [line.kind === "+" ? "" : before, line.kind === "-" ? "" : after];
    if (line.kind !== "+") before += 1;
    if (line.kind !== "-") after += 1;
    const kind = { "+": "plus", "-": "minus" }[/** @type {"+" | "-"} */ (line.kind)] ?? "both";
    return h("tr", { class: kind }, h("td.line-number", null, String(old)), h("td.line-number", null, String(now)),
      h("td.line", null, h("span.sign", null, line.kind === "-" ? "−" : line.kind), line.text + (line.has_end ? "" : "  ⌀")));
  })];
}
