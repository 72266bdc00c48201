"""What waits, was refused, or was left behind: claims, edits, half-made files, the trash."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from actors.cli.doctor.finding import Finding, note, ok
from actors.cli.phrases import plural, size
from storage import trash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.data_dir import DataDir

DAY_SECONDS = 86_400.0
YOUNG_SECONDS = 60.0
"""What is younger may be somebody's at work."""
MUCH_BYTES = 1_000_000_000
_KEPT = re.compile(r".*\.(torn|unsynced|damaged)-\d+(\.\d+)?|.*\.salvaged-.*\.jsonl")
_HALF_MADE = re.compile(r".*\.tmp|\.purging-.*|\.importing-.*|\.restoring-.*|\.forking-.*")


def findings(data: DataDir, *, runs: bool) -> Iterator[Finding]:
    """`runs`: a daemon does, so that what waits is being worked on."""
    yield _claims(data, runs=runs)
    yield from _edits(data, runs=runs)
    yield from _rejected(data)
    yield from _left(data)
    yield _trash(data)


def _claims(data: DataDir, *, runs: bool) -> Finding:
    count = len(_names(data.claimed))
    if count and not runs:
        text = f"{plural(count, 'request')} taken and not answered; the next start goes on"
        return note("inbox", text, "greenroom start")
    names = [name for name in _names(data.inbox) if not name.startswith(".")]
    waiting = sum(name.endswith(".json") for name in names)
    return ok("inbox", f"{waiting} waiting, {count} being worked on")


def _edits(data: DataDir, *, runs: bool) -> Iterator[Finding]:
    for workspace in data.workspace_names():
        place = data.workspace(workspace) / ".edits"
        count = sum(name.endswith(".json") for name in _names(place))
        if count and not runs:
            text = f"{workspace}: {plural(count, 'edit')} of sessions.json not done yet"
            yield note("edits", f"{text}; the next start goes on", "greenroom start")


def _rejected(data: DataDir) -> Iterator[Finding]:
    """Those of the last day; older ones are history."""
    recent = [
        name.removesuffix(".why.json")
        for name in _names(data.rejected)
        if name.endswith(".why.json") and _age_seconds(data.rejected / name) < DAY_SECONDS
    ]
    if recent:
        shown = ", ".join(recent[:3]) + (" and more" if len(recent) > 3 else "")
        text = f"{plural(len(recent), 'file')} refused in the last day: {shown}"
        yield note("rejected", text, f"read why in {data.rejected}/*.why.json")
    else:
        yield ok("rejected", "no file refused in the last day")


def _left(data: DataDir) -> Iterator[Finding]:
    kept, half = _leftovers(data)
    if kept:
        text = f"{plural(len(kept), 'file')} kept of damaged journals, such as {kept[0]}"
        yield note("leftovers", text, "delete them once you have looked into them")
    if half:
        text = f"{len(half)} half made or half removed, such as {half[0]}"
        yield note("leftovers", text, "most go at the next start: greenroom restart")
    if not kept and not half:
        yield ok("leftovers", "none")


def _leftovers(data: DataDir) -> tuple[list[Path], list[Path]]:
    """Files kept for people, and what a crash left half made; links are not followed.

    Nor are worktrees looked into: those hold files of others.
    """
    kept, half = [], []
    for place, directories, files in _below(data.root, str(data.worktrees)):
        for name in [*directories, *files]:
            path = Path(place, name)
            if _HALF_MADE.fullmatch(name):
                if _age_seconds(path) > YOUNG_SECONDS:
                    half.append(path)
            elif _KEPT.fullmatch(name):
                kept.append(path)
        directories[:] = [name for name in directories if not _HALF_MADE.fullmatch(name)]
    return sorted(kept), sorted(half)


def _below(root: Path, spared: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """As `os.walk`, but for what is `spared`, and however deep: no recursion."""
    waiting = [str(root)]
    while waiting:
        place = waiting.pop()
        directories: list[str] = []
        files: list[str] = []
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    is_directory = entry.is_dir(follow_symlinks=False)
                    (directories if is_directory else files).append(entry.name)
        except OSError:
            continue
        yield place, directories, files
        below = (f"{place}/{name}" for name in directories)
        waiting += [path for path in below if path != spared]


def _trash(data: DataDir) -> Finding:
    items = trash.shelved(data)
    total = sum(trash.size_of(item.directory) for item in items)
    text = f"{plural(len(items), 'deleted session')}, {size(total)}"
    if total > MUCH_BYTES:
        return note("trash", text, "greenroom purge --older-than 30")
    return ok("trash", text)


def _names(directory: Path) -> list[str]:
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return []


def _age_seconds(path: Path) -> float:
    """Zero for what is gone."""
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:
        return 0.0
