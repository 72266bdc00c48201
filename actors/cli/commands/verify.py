"""`verify`: reads every journal from its first byte to its last, and says what that proves.

Those of deleted sessions too: what lies in the trash must be whole when somebody wants it back.
"""

from __future__ import annotations

import os
from itertools import accumulate
from pathlib import Path
from typing import Any

from actors.cli.arguments import Spec
from actors.cli.command import DONE, FAILED, Call, Command
from actors.cli.failures import CommandError
from actors.cli.phrases import plural
from actors.cli.progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from storage.data_dir import DataDir

Row = dict[str, Any]
Rows = dict[str, list[Row]]
JOURNAL = "journal.jsonl"
AT_A_START = "cut at the next start"
AT_A_RESTORE = "cut when it is restored"


def _verify(call: Call) -> int:
    from storage.data_dir import DataDir

    _require_directory(call.data)
    data = DataDir(Path(call.data))
    progress = Progress(call.console, "bytes")
    try:
        requests, named = _requests(data)
        projections = _projections(data, named)
        journals = _journals(data, named, progress)
        deleted = _deleted(data, progress)
    finally:
        progress.end()
    _add_missing(data, projections, journals)
    rows = {
        "journals": journals,
        "trash": deleted,
        "requests": requests,
        "projections": projections,
    }
    totals = _totals(rows)
    bad = totals["problems"]
    if call.console.json:
        answer = {"id": None, "type": "verify", "ok": not bad}
        call.console.value({**answer, "data": {**totals, **rows}})
    _print(call, rows, totals)
    return FAILED if bad else DONE


def _totals(rows: Rows) -> Row:
    sessions = [*rows["journals"], *rows["trash"]]
    return {
        "sessions": len(rows["journals"]),
        "deleted": len(rows["trash"]),
        "lines": sum(row["lines"] for row in sessions),
        "bytes": sum(row["bytes"] for row in sessions),
        "problems": sum(row["problem"] is not None for each in rows.values() for row in each),
        "torn": sum(row["torn_from"] is not None for row in (*sessions, *rows["requests"])),
        "attachments": sum(row["attachments"] for row in (*sessions, *rows["requests"])),
    }


def _print(call: Call, rows: Rows, totals: Row) -> None:
    line = call.console.line
    for row in rows["journals"]:
        line(f"{row['workspace']}/{row['session_id']}  {_state(row, AT_A_START)}")
    for row in rows["trash"]:
        line(f"{row['workspace']}/trash/{row['name']}  {_state(row, AT_A_RESTORE)}")
    for row in rows["requests"]:
        line(f"requests/{row['name']}  {_state(row, AT_A_START)}")
    for row in rows["projections"]:
        if row["problem"] or row["note"]:
            line(f"{row['workspace']}/sessions.json  {row['problem'] or _note(row)}")
    bad, deleted = totals["problems"], totals["deleted"]
    line(
        f"{plural(totals['sessions'], 'session')}{f' and {deleted} in the trash' * bool(deleted)},"
        f" {plural(totals['lines'], 'line')}, {totals['bytes']} bytes,"
        f" {plural(totals['attachments'], 'attachment')} read: "
        + (f"{bad} not whole" if bad else "every line is as it was written")
    )
    if any(_may_be_salvaged(row) for row in (*rows["journals"], *rows["trash"])):
        line("what can be had of a damaged journal shows: greenroom salvage SESSION")


def _may_be_salvaged(row: Row) -> bool:
    """A journal that a later greenroom wrote is whole: its text says which to start."""
    return row["problem"] is not None and "start the later greenroom" not in row["problem"]


def _state(row: Row, cut: str) -> str:
    if row["problem"]:
        return str(row["problem"])
    torn = row["torn_from"]
    tail = "" if torn is None else f"; a torn tail from byte {torn}, {cut}"
    count = row["attachments"]
    beside = f", {plural(count, 'attachment')}" if count else ""
    return f"whole to number {row['n']}, {row['bytes']} bytes{beside}{tail}"


def _note(row: Row) -> str:
    return f"{row['note']}: no evidence, the next start deals with it"


def _require_directory(data: str) -> None:
    try:
        os.listdir(data)  # noqa: PTH208 - its error names the directory, and nothing is kept
    except OSError as error:
        raise CommandError(f"{data} cannot be verified: {error.strerror}") from None


def _requests(data: DataDir) -> tuple[list[Row], dict[str, int]]:
    """The files of the requests journal, and the numbers of sessions that they name."""
    from actors.cli import checks
    from storage import evidence

    rows: list[Row] = []
    named: dict[str, int] = {}
    for path in evidence.requests_journals(data):
        row, commits = checks.requests(path)
        rows.append({"name": path.name, **row})
        for session_id, number in evidence.answered(commits).items():
            named[session_id] = max(number, named.get(session_id, 0))
    return rows, named


def _projections(data: DataDir, named: dict[str, int]) -> list[Row]:
    """What each `sessions.json` is; adds the numbers that it names."""
    from actors.cli import checks

    rows = []
    for workspace in data.workspace_names():
        row, numbers = checks.projection(data.sessions_file(workspace))
        rows.append({"workspace": workspace, **row, "sessions": sorted(numbers), "problem": None})
        for session_id, number in numbers.items():
            named[session_id] = max(number, named.get(session_id, 0))
    return [row for row in rows if row["state"] != "missing"]


def _journals(data: DataDir, named: dict[str, int], progress: Progress) -> list[Row]:
    from actors.cli import checks

    places = [
        (workspace, path)
        for workspace in data.workspace_names()
        for path in _directories(data.sessions(workspace))
        if _may_hold_journal(path)
    ]
    rows = []
    starts = [0, *accumulate(checks.size_bytes(path) for _, path in places)]
    for number, (workspace, path) in enumerate(places):
        heard = progress.within(starts[number], starts[-1])
        where = {"workspace": workspace, "session_id": path.name}
        rows.append({**where, **checks.session(path, named.get(path.name, 0), heard=heard)})
    return rows


def _deleted(data: DataDir, progress: Progress) -> list[Row]:
    """The name of each says the number that its journal must reach."""
    from actors.cli import checks
    from storage import trash

    items = trash.shelved(data)
    rows = []
    starts = [0, *accumulate(checks.size_bytes(item.directory) for item in items)]
    for number, item in enumerate(items):
        heard = progress.within(starts[number], starts[-1])
        where = {"workspace": item.workspace, "session_id": item.id, "name": item.name}
        rows.append({**where, **checks.session(item.directory, item.n, item.id, heard)})
    return rows


def _directories(sessions: Path) -> list[Path]:
    try:
        return sorted(sessions.iterdir())
    except FileNotFoundError:
        return []


def _may_hold_journal(path: Path) -> bool:
    """True too for one that may not be looked into: reading it will say why."""
    try:
        return (path / JOURNAL).exists()
    except OSError:
        return True


def _add_missing(data: DataDir, projections: list[Row], journals: list[Row]) -> None:
    """A session that `sessions.json` names has a journal, or lies in the trash."""
    there = {(row["workspace"], row["session_id"]) for row in journals}
    for row in projections:
        trash = data.trash(row["workspace"])
        gone = [
            session_id
            for session_id in row["sessions"]
            if (row["workspace"], session_id) not in there
            and not any(trash.glob(f"{session_id}-*"))
        ]
        if gone:
            row["problem"] = f"names sessions without a journal: {', '.join(gone)}"


COMMANDS = {
    "verify": Command(
        _verify,
        Spec(),
        (
            "greenroom verify",
            "greenroom verify --json | jq '.data.journals[] | select(.problem)'",
            "It changes nothing. Exit status: 0 all is whole, 1 something is not.",
        ),
    )
}
