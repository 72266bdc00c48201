"""`verify`: reads every journal from its first byte to its last, and says what that proves."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from actors.cli.arguments import Spec
from actors.cli.command import DONE, FAILED, Call, Command
from actors.cli.failures import CommandError

PROGRESS_SECONDS = 1.0


def _verify(call: Call) -> int:
    from storage.data_dir import DataDir

    _require_directory(call.data)
    data = DataDir(Path(call.data))
    places = [
        (workspace, path)
        for workspace in data.workspace_names()
        for path in _directories(data.sessions(workspace))
        if _may_hold_journal(path)
    ]
    found = list(_looked_through(call, places))
    bad = [row for row in found if row["problem"]]
    totals = {
        "sessions": len(found),
        "lines": sum(row["lines"] for row in found),
        "bytes": sum(row["bytes"] for row in found),
        "problems": len(bad),
    }
    if call.console.json:
        answer = {"id": None, "type": "verify", "ok": not bad}
        call.console.value({**answer, "data": {**totals, "journals": found}})
    for row in found:
        state = row["problem"] or f"whole to number {row['n']}, {row['bytes']} bytes"
        call.console.line(f"{row['workspace']}/{row['session_id']}  {state}")
    call.console.line(
        f"{totals['sessions']} sessions, {totals['lines']} lines, {totals['bytes']} bytes read: "
        + (f"{len(bad)} not whole" if bad else "every line is as it was written")
    )
    return FAILED if bad else DONE


def _require_directory(data: str) -> None:
    try:
        os.listdir(data)  # noqa: PTH208 - its error names the directory, and nothing is kept
    except OSError as error:
        raise CommandError(f"{data} cannot be verified: {error.strerror}") from None


def _directories(sessions: Path) -> list[Path]:
    try:
        return sorted(sessions.iterdir())
    except FileNotFoundError:
        return []


def _may_hold_journal(path: Path) -> bool:
    """True too for one that may not be looked into: reading it will say why."""
    try:
        return (path / "journal.jsonl").exists()
    except OSError:
        return True


def _looked_through(call: Call, places: list[tuple[str, Path]]) -> Any:
    said = time.monotonic()
    for number, (workspace, path) in enumerate(places, 1):
        if time.monotonic() - said > PROGRESS_SECONDS:
            said = time.monotonic()
            call.console.note(f"{number} of {len(places)} journals", "dim")
        yield {"workspace": workspace, "session_id": path.name, **_one(path)}


def _one(directory: Path) -> dict[str, Any]:
    """What stands in one journal. A last line that is just being written is no fault."""
    from storage.errors import StorageError
    from storage.journal.log import read

    try:
        scan = read(directory)
    except (StorageError, OSError) as error:
        return {"lines": 0, "bytes": 0, "n": None, "problem": str(error)}
    end = scan.end
    problem = None
    if scan.fault is not None:
        problem = f"bad from number {scan.fault.number} at byte {scan.fault.offset}"
    return {"lines": end.n + 1, "bytes": end.bytes, "n": end.n, "problem": problem}


COMMANDS = {"verify": Command(_verify, Spec(), ("greenroom verify", "greenroom verify --json"))}
