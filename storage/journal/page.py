"""A page of a journal: its lines after a number, read where it lies, also while it is added to.

Reads what comes before the page without looking at it, and changes nothing.
"""

import os
from itertools import islice
from pathlib import Path

from msgspec import Struct

from storage import durable
from storage.errors import FileRefused
from storage.journal import frame, log, scan
from storage.journal.frame import Commit

PAGE_BYTES = 1 << 20
"""A page ends with the line that reaches this."""


class Page(Struct, frozen=True):
    """Whole lines in order, and the number with which the journal ends."""

    commits: tuple[Commit, ...]
    end: int


def page_after(directory: Path, n: int, most_events: int, last: int) -> Page:
    """The lines after number `n`, up to `last` with which the journal ends for its owner: until
    they have `most_events` or more, and one at least if there is one.

    JournalMissing, JournalCorrupt (and its kind), StorageError.
    """
    path = directory / log.NAME
    descriptor = scan.opened(path)
    commits: list[Commit] = []
    events = size = 0
    try:
        with durable.named_failures(path):
            for number, line in enumerate(islice(scan.lines(descriptor), n + 1, last + 1), n + 1):
                commits.append(_commit(line, number, path))
                events += len(commits[-1].events)
                size += len(line.content)
                if events >= most_events or size >= PAGE_BYTES:
                    break
    finally:
        os.close(descriptor)
    if n < last and not commits:
        raise scan.corrupt(path, 0, n + 1, f"it ends before number {n + 1}")
    return Page(tuple(commits), last)


def whole_page_after(directory: Path, n: int, most_events: int) -> Page:
    """The same of a journal that nobody has open; one that is damaged ends where it is whole.

    JournalCorrupt also for what comes after that.
    """
    found = log.read(directory)
    if found.fault and n >= found.end.n:
        reason = f"nothing is whole after number {found.end.n}"
        raise scan.corrupt(directory / log.NAME, found.fault.offset, found.fault.number, reason)
    return page_after(directory, n, most_events, found.end.n)


def _commit(line: scan.Line, number: int, path: Path) -> Commit:
    if not line.ended or not frame.is_whole(line.content):
        raise scan.corrupt(path, line.offset, number, "a line is damaged")
    try:
        commit = frame.decode_commit(line.content)
    except FileRefused as error:
        raise scan.corrupt(path, line.offset, number, f"not a commit: {error}") from error
    if commit.n != number:
        reason = f"number {commit.n} stands where number {number} should"
        raise scan.corrupt(path, line.offset, number, reason)
    return commit
