"""Every journal from its first byte to its last, and what `sessions.json` says beside them."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any

from actors.cli import checks
from actors.cli.doctor.finding import Finding, note, ok, problem
from actors.cli.phrases import plural
from storage import evidence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from actors.cli.progress import Progress
    from storage.data_dir import DataDir

Row = dict[str, Any]
JOURNAL = "journal.jsonl"
_SET_ASIDE = re.compile(r".*\.(damaged|too-new)(\.\d+)?")


def findings(data: DataDir, progress: Progress, *, runs: bool) -> Iterator[Finding]:
    """What names a number is read before the journal that must hold it. `runs`: a daemon does."""
    named: dict[str, int] = {}
    yield from _requests(data, named, runs=runs)
    listed: dict[str, set[str]] = {}
    for workspace in data.workspace_names():
        found, listed[workspace] = _projection(data, workspace, named)
        yield from found
    yield from _sessions(data, listed, named, progress, runs=runs)


def _requests(data: DataDir, named: dict[str, int], *, runs: bool) -> Iterator[Finding]:
    found = []
    lines = 0
    for path in evidence.requests_journals(data):
        row, commits = checks.requests(path)
        lines += row["lines"]
        _take(named, evidence.answered(commits))
        found += _of_row("requests", f"requests/{path.name}", row, None, runs=runs)
    for path in sorted(data.requests.glob("*")):
        if _SET_ASIDE.fullmatch(path.name):
            text = f"{path} was set aside: what was asked that day is not known"
            found.append(note("requests", text, "delete it once you have looked into it"))
    yield from found or [ok("requests", f"{plural(lines, 'line')} of the requests journal whole")]


def _projection(
    data: DataDir, workspace: str, named: dict[str, int]
) -> tuple[list[Finding], set[str]]:
    check = "sessions.json"
    path = data.sessions_file(workspace)
    try:
        row, numbers = checks.projection(path)
    except OSError as error:
        text = f"{path}: {error.strerror}"
        return [problem(check, text, f"make it a readable file of your own: {path}")], set()
    _take(named, numbers)
    gone = [
        session_id
        for session_id in sorted(numbers)
        if not (data.session(workspace, session_id) / JOURNAL).exists()
        and not any(data.trash(workspace).glob(f"{session_id}-*"))
    ]
    step = "put back a copy of the directory if there is one"
    found = [
        problem(check, f"{workspace}: session {session_id} has no journal any more", step)
        for session_id in gone
    ]
    if row["state"] == "whole" and not found:
        found = [ok(check, f"{workspace}: {plural(len(numbers), 'session')}")]
    elif row["state"] == "missing":
        found = [ok(check, f"{workspace}: not there; the next start writes it")]
    elif row["state"] != "whole":
        text = f"{workspace}: {row['note']}; a daemon deals with it, and keeps what it refuses"
        found.append(note(check, text))
    return found, set(numbers)


def _sessions(
    data: DataDir,
    listed: dict[str, set[str]],
    named: dict[str, int],
    progress: Progress,
    *,
    runs: bool,
) -> Iterator[Finding]:
    places = [(workspace, path) for workspace in listed for path in _journaled(data, workspace)]
    lines = bad = 0
    starts = [0, *accumulate(checks.size_bytes(path) for _, path in places)]
    for number, (workspace, path) in enumerate(places):
        heard = progress.within(starts[number], starts[-1])
        row = checks.session(path, named.get(path.name, 0), heard=heard)
        lines += row["lines"]
        bad += row["problem"] is not None
        step = f"greenroom salvage {path.name}"
        yield from _of_row("journals", f"{workspace}/{path.name}", row, step, runs=runs)
    good = len(places) - bad
    if good or not bad:
        yield ok("journals", f"{plural(good, 'session')} whole, {plural(lines, 'line')} read")
    unlisted = sum(path.name not in listed[workspace] for workspace, path in places)
    if unlisted and not runs:
        text = f"{plural(unlisted, 'session')} not in it yet; the next start adds what is missing"
        yield note("sessions.json", text)


def _of_row(check: str, name: str, row: Row, next_step: str | None, *, runs: bool) -> list[Finding]:
    if row["problem"]:
        # A journal that a later greenroom wrote is whole: its text says which to start.
        later = "start the later greenroom" in row["problem"]
        return [problem(check, f"{name}: {row['problem']}", None if later else next_step)]
    if row["torn_from"] is None or runs:  # a line that is just being written looks the same
        return []
    text = f"{name}: half a line at its end, from byte {row['torn_from']} on"
    return [note(check, f"{text}; the next start cuts it off and keeps it")]


def _journaled(data: DataDir, workspace: str) -> list[Path]:
    try:
        return [path for path in sorted(data.sessions(workspace).iterdir()) if _may_hold(path)]
    except FileNotFoundError:
        return []


def _may_hold(path: Path) -> bool:
    """True too for one that may not be looked into: reading it will say why."""
    try:
        return (path / JOURNAL).exists()
    except OSError:
        return True


def _take(named: dict[str, int], numbers: dict[str, int]) -> None:
    for session_id, number in numbers.items():
        named[session_id] = max(number, named.get(session_id, 0))
