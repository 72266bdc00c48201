"""A session as it was when its journal ended at an earlier line.

Reads the journal wherever it lies, in the trash too; changes and repairs nothing.
"""

import os
from itertools import islice
from pathlib import Path

from storage.data_dir import DataDir
from storage.errors import JournalCorrupt, JournalMissing
from storage.journal import log, scan
from storage.journal.frame import JournalEnd, crc_of
from storage.records.session import Session
from storage.replay import folded


def session_at(
    data: DataDir, workspace: str, session_id: str, n: int
) -> tuple[Session, JournalEnd] | None:
    """The record at number `n`, and where the journal ended then; None if it has no such number.

    JournalMissing if it was purged, JournalCorrupt (and its kind), StorageError, OSError.
    """
    directory = _directory(data, workspace, session_id)
    found = log.read(directory)
    if n > found.end.n and found.fault:
        raise JournalCorrupt(f"{directory}: its journal is damaged before number {n}")
    if not 0 < n <= found.end.n:
        return None
    return folded(directory, found.commits[:n]).record, _end(directory / log.NAME, n)


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
