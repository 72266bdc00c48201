"""The changes of a session as lines for people. PURE."""

from __future__ import annotations

import shlex

from actors.cli.drawing import GAP, width_of
from actors.cli.phrases import joined, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from actors.cli.console import Line

    Json = dict[str, Any]

_STYLES = {"+": "good", "-": "bad"}
_LINK, _SUBMODULE, _PROGRAM = "120000", "160000", "100755"


def text_lines(diff: Json) -> Iterator[Line]:
    """The patch, coloured. A line of a file is never taken for the head of one."""
    left_old = left_new = 0
    for line in str(diff.get("text") or "").removesuffix("\n").split("\n"):
        if left_old > 0 or left_new > 0:
            left_old -= line[:1] not in {"+", "\\"}
            left_new -= line[:1] not in {"-", "\\"}
            yield [(line.replace("\t", "    "), _STYLES.get(line[:1], ""))]
        else:
            left_old, left_new = _counts(line)
            yield [(line.rstrip("\t"), "dim" if line.startswith("@@") else "bold")]


def _counts(line: str) -> tuple[int, int]:
    """How many lines of both sides follow the head of a hunk; none after any other line."""
    words = line.split(" ")
    if words[0] != "@@" or len(words) < 3:
        return 0, 0
    old, new = (int(word.partition(",")[2] or 1) for word in words[1:3])
    return old, new


def stat_lines(diff: Json) -> list[Line]:
    """A line for each file, and their sum."""
    rows = [(_name(each), _what(each)) for each in diff.get("files") or []]
    width = max((width_of([(name, "")]) for name, _ in rows), default=0)
    lines: list[Line] = [
        [(f"  {name}", ""), (" " * (width + GAP - width_of([(name, "")])), ""), *what]
        for name, what in rows
    ]
    return [*lines, [(sum_phrase(diff), "bold")]]


def sum_phrase(diff: Json) -> str:
    """`3 files changed since 1a2b3c4d5e6f, 10 lines added, 2 removed`."""
    told = diff.get("summary") or {}
    since = f" since {str(diff['base'])[:12]}" if diff.get("base") else ""
    if not told.get("files"):
        return f"nothing changed{since}"
    return joined([
        f"{plural(told['files'], 'file')} changed{since}",
        f"{plural(told.get('added') or 0, 'line')} added",
        f"{told.get('removed') or 0} removed",
        f"{told['binary']} binary" if told.get("binary") else "",
    ])  # fmt: skip


def cut(diff: Json) -> str:
    """What is said where not all is told, and how one sees the rest."""
    words = shlex.join(["git", "-C", str(diff.get("path") or "."), "diff", diff.get("base") or ""])
    text = "there is more than is told; all of it, new files once git add -N has named them: "
    return text + words.removesuffix(" ''")


def notes(diff: Json) -> list[str]:
    """What is not told."""
    told = [cut(diff)] if diff.get("is_cut") else []
    return told + [
        f"{each} is a repository of its own and left out" for each in diff.get("left_out") or []
    ]


def _name(file: Json) -> str:
    old = file.get("old_path")
    return f"{old} => {file.get('path')}" if old else str(file.get("path"))


def _what(file: Json) -> Line:
    kind = file.get("new_mode") or file.get("old_mode")
    noun = {_LINK: "link", _SUBMODULE: "submodule"}.get(str(kind), "")
    words = [noun, "" if file.get("status") == "modified" else str(file.get("status"))]
    old, new = file.get("old_mode"), file.get("new_mode")
    if old and new and old != new and _PROGRAM in {old, new}:
        words.append("now a program" if new == _PROGRAM else "no program any more")
    words.append("binary" if file.get("is_binary") else "")
    line: Line = [(joined(filter(None, words)), "dim")]
    for sign, key in (("+", "added"), ("-", "removed")):
        if file.get(key):
            gap = " " if line[-1][0] else ""
            line.append((f"{gap}{sign}{file[key]}", _STYLES[sign]))
    return line
