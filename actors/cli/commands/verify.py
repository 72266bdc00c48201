"""`verify`: reads every journal from its first byte to its last, and says what that proves."""

from __future__ import annotations

import os
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
JOURNAL = "journal.jsonl"


def _verify(call: Call) -> int:
    from storage.data_dir import DataDir

    _require_directory(call.data)
    data = DataDir(Path(call.data))
    progress = Progress(call.console, "journals")
    try:
        requests, named = _requests(data)
        projections = _projections(data, named)
        journals = _journals(data, named, progress)
    finally:
        progress.end()
    _add_missing(data, projections, journals)
    bad = [row for row in (*journals, *requests, *projections) if row["problem"]]
    totals = {
        "sessions": len(journals),
        "lines": sum(row["lines"] for row in journals),
        "bytes": sum(row["bytes"] for row in journals),
        "problems": len(bad),
        "torn": sum(row["torn_from"] is not None for row in (*journals, *requests)),
        "attachments": sum(row["attachments"] for row in (*journals, *requests)),
    }
    if call.console.json:
        answer = {"id": None, "type": "verify", "ok": not bad}
        rows = {"journals": journals, "requests": requests, "projections": projections}
        call.console.value({**answer, "data": {**totals, **rows}})
    _print(call, journals, requests, projections, totals)
    return FAILED if bad else DONE


def _print(
    call: Call, journals: list[Row], requests: list[Row], projections: list[Row], totals: Row
) -> None:
    line = call.console.line
    for row in journals:
        line(f"{row['workspace']}/{row['session_id']}  {_state(row)}")
    for row in requests:
        line(f"requests/{row['name']}  {_state(row)}")
    for row in projections:
        if row["problem"] or row["note"]:
            line(f"{row['workspace']}/sessions.json  {row['problem'] or _note(row)}")
    bad = totals["problems"]
    line(
        f"{totals['sessions']} sessions, {totals['lines']} lines, {totals['bytes']} bytes,"
        f" {plural(totals['attachments'], 'attachment')} read: "
        + (f"{bad} not whole" if bad else "every line is as it was written")
    )
    if any(row["problem"] for row in journals):
        line("what can be had of a damaged journal shows: greenroom salvage SESSION")


def _state(row: Row) -> str:
    if row["problem"]:
        return str(row["problem"])
    torn = row["torn_from"]
    tail = "" if torn is None else f"; a torn tail from byte {torn}, cut at the next start"
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
    for number, (workspace, path) in enumerate(places):
        progress.show(number, len(places))
        where = {"workspace": workspace, "session_id": path.name}
        rows.append({**where, **checks.session(path, named.get(path.name, 0))})
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


COMMANDS = {"verify": Command(_verify, Spec(), ("greenroom verify", "greenroom verify --json"))}
