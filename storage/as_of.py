"""A session as it was when its journal ended at an earlier line.

Reads the journal wherever it lies, in the trash too; changes and repairs nothing.
"""

import os
from itertools import islice
from pathlib import Path

from storage.data_dir import DataDir
from storage.errors import JournalCorrupt, JournalMissing, StorageError
from storage.journal import log, scan
from storage.journal.frame import Commit, JournalEnd, crc_of
from storage.journal.scan import Scan
from storage.records.session import Session
from storage.replay import folded
from storage.state import SessionState


class NumberNotFound(StorageError):
    """The journal has no such number; `last` is the highest that it has."""

    code = "number-not-found"

    def __init__(self, session_id: str, n: int, last: int) -> None:
        text = (
            f"session {session_id} has no number {n}: its journal has 1 to {last}."
            f" At which numbers its rounds ended shows: greenroom history {session_id}"
        )
        super().__init__(text)
        self.last = last


def session_at(
    data: DataDir, workspace: str, session_id: str, n: int
) -> tuple[Session, JournalEnd] | None:
    """The record at number `n`, and where the journal ended then; None if it has no such number.

    JournalMissing if it was purged, JournalCorrupt (and its kind), StorageError, OSError.
    """
    directory = _directory(data, workspace, session_id)
    try:
        record = state_at(directory, session_id, n).record
    except NumberNotFound:
        return None
    return record, _end(directory / log.NAME, n)


def state_at(directory: Path, session_id: str, n: int, last: int | None = None) -> SessionState:
    """Of the journal in `directory`, at number `n`; `last`: what is above is nobody's yet.

    NumberNotFound, JournalMissing, JournalCorrupt (and its kind), StorageError, OSError.
    """
    return folded(directory, commits_to(log.read(directory), directory, session_id, n, last))


def commits_to(
    found: Scan, directory: Path, session_id: str, n: int, last: int | None = None
) -> list[Commit]:
    """The journal's lines up to number `n`. NumberNotFound, JournalCorrupt."""
    end = found.end.n if last is None else min(last, found.end.n)
    if n > found.end.n and found.fault:
        raise JournalCorrupt(
            f"{directory}: its journal is damaged before number {n};"
            f" {session_id}@{found.end.n} is the last that is whole before that"
        )
    if not 0 < n <= end:
        raise NumberNotFound(session_id, n, end)
    return found.commits[:n]


def _directory(data: DataDir, workspace: str, session_id: str) -> Path:
    live = data.session(workspace, session_id)
    places = [live, *sorted(data.trash(workspace).glob(f"{session_id}-*"))]
    for place in places:
        if (place / log.NAME).exists():
            return place
    raise JournalMissing(f"session {session_id} is gone for good")


def _end(path: Path, n: int) -> JournalEnd:
    """The header is line 0."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        line = next(islice(scan.lines(descriptor), n, None))
    finally:
        os.close(descriptor)
    return JournalEnd(n, line.offset + len(line.content) + 1, crc_of(line.content))
