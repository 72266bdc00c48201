"""What can be proved of the files of a data directory: journals, attachments, `sessions.json`.

Reads only, also beside a daemon: what names a number is read before the journal that must hold it.
A problem is damage; what a start mends by itself, a torn tail above all, is none.
"""

from __future__ import annotations

import msgspec

from storage import attachments, fold, sessions_file
from storage.errors import FileRefused, StorageError
from storage.journal import log
from storage.journal.log import NAME, read_at
from storage.journal.repair import is_torn
from storage.state import SessionState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from storage.journal.frame import Commit
    from storage.journal.scan import Heard, Scan

    Row = dict[str, Any]


def size_bytes(directory: Path) -> int:
    """Of a session's journal, 0 if it cannot be seen."""
    try:
        return log.size_bytes(directory) or 0
    except OSError:
        return 0


def session(
    directory: Path, named: int, session_id: str | None = None, heard: Heard | None = None
) -> Row:
    """One session's journal and attachments; `named` is the highest number that others name.

    `session_id` where the directory has another name, as in the trash. `heard` is told how many
    bytes of the journal are behind.
    """
    if heard is not None:
        heard(0)
    row, scan = _journal(directory / NAME, named, heard)
    if scan is not None:
        found = [row["problem"], *_of_session(session_id or directory.name, scan)]
        row["problem"] = "; ".join(problem for problem in found if problem) or None
        _check_attachments(row, directory, scan)
    return row


def requests(path: Path) -> tuple[Row, list[Commit]]:
    """One file of the requests journal, and its commits."""
    row, scan = _journal(path, 0)
    if scan is not None:
        _check_attachments(row, path.parent, scan)
    return row, scan.commits if scan else []


def projection(path: Path) -> tuple[Row, dict[str, int]]:
    """A `sessions.json`, and the last number of each session that it names; OSError.

    One that is missing, edited or not readable is no damage: the next start deals with it.
    """
    match sessions_file.read(path):
        case sessions_file.SessionsFile(revision, entries):
            state = {"state": "whole", "revision": revision, "note": None}
            return state, {record.id: end.n for record, end in entries}
        case sessions_file.Broken() as broken:
            return {"state": "broken", "revision": None, "note": broken.reason}, {}
        case sessions_file.Edited(revision):
            return {"state": "edited", "revision": revision, "note": "edited by hand"}, {}
        case sessions_file.Outdated():
            return {"state": "outdated", "revision": None, "note": "of an older format"}, {}
        case sessions_file.Missing():
            return {"state": "missing", "revision": None, "note": "not there"}, {}


def _journal(path: Path, named: int, heard: Heard | None = None) -> tuple[Row, Scan | None]:
    row: Row = {"lines": 0, "bytes": 0, "n": None, "problem": None, "torn_from": None}
    row["attachments"] = 0
    try:
        scan = read_at(path, heard)
    except StorageError as error:
        row["problem"] = str(error)
        return row, None
    end, fault = scan.end, scan.fault
    row |= {"lines": end.n + 1, "bytes": end.bytes, "n": end.n}
    if fault is not None and is_torn(fault, named):
        row["torn_from"] = fault.offset
    elif fault is not None:
        row["problem"] = f"bad from number {fault.number} at byte {fault.offset}"
    elif end.n < max(1, named):
        row["problem"] = f"ends at number {end.n}, but number {max(1, named)} was confirmed"
    return row, scan


def _of_session(session_id: str, scan: Scan) -> Iterator[str]:
    if scan.header.session != session_id:
        yield f"it is the journal of {scan.header.session}"
    state = SessionState()
    try:
        for commit in scan.commits:
            state = fold.apply_all(state, commit.events, commit.at)
    except (LookupError, msgspec.ValidationError) as error:
        yield f"its events do not fit together: {error}"
    else:
        if state.session is None and scan.fault is None:
            yield "it begins with no session"


def _check_attachments(row: Row, directory: Path, scan: Scan) -> None:
    """Counts those that are there as they were written."""
    events = [event for commit in scan.commits for event in commit.events]
    bad = [row["problem"]] if row["problem"] else []
    for name in sorted(attachments.named_by(events)):
        try:
            attachments.read(directory, name)
        except (FileRefused, OSError) as error:
            bad.append(str(error))
        else:
            row["attachments"] += 1
    row["problem"] = "; ".join(bad) or None
