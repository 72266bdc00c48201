"""Journals for `Commits` that do what a test wants at each append.

`StandInJournal` keeps nothing; `FaultyJournal` stands before a real one.
"""

import threading
from collections.abc import Iterable
from pathlib import Path

from storage.journal.frame import Header, JournalEnd
from storage.journal.log import Draft, Journal
from tests.storage.histories import START


class StandInJournal:
    """`hold`: an append waits until it is set. `failures`: raised by the next appends, in order."""

    def __init__(self) -> None:
        self.header = Header(session="abcdefghijkl", workspace="default", at=START)
        self.end = JournalEnd(0, 100, "00000000")
        self.batches: list[int] = []
        self.failures: list[Exception | None] = []
        self.hold = threading.Event()
        self.hold.set()
        self.entered = threading.Semaphore(0)
        self.is_closed = False

    def append(self, drafts: Iterable[Draft]) -> list[int]:
        count = len(list(drafts))
        self.batches.append(count)
        self.entered.release()
        self.hold.wait(20)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        before = self.end.n
        self.end = JournalEnd(before + count, self.end.bytes + 100 * count, "00000000")
        return list(range(before + 1, self.end.n + 1))

    def close(self) -> None:
        self.is_closed = True


class FaultyJournal:
    """`failures`: raised by the next appends, in order. `hold`: an append waits until it is set."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.failures: list[Exception] = []
        self.batches: list[int] = []
        self.hold = threading.Event()
        self.hold.set()
        self.entered = threading.Semaphore(0)

    @property
    def header(self) -> Header:
        return self.journal.header

    @property
    def directory(self) -> Path:
        return self.journal.directory

    @property
    def end(self) -> JournalEnd:
        return self.journal.end

    def append(self, drafts: Iterable[Draft]) -> list[int]:
        batch = list(drafts)
        self.entered.release()
        self.hold.wait(20)
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(len(batch))
        return self.journal.append(batch)

    def close(self) -> None:
        self.journal.close()
