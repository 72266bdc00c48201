"""A journal for `Commits` that keeps nothing, and does what a test wants at each append."""

import threading
from collections.abc import Iterable

from storage.journal.frame import Header, JournalEnd
from storage.journal.log import Draft
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
