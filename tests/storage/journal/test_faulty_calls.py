"""Proof: whichever call to the system fails, what was acknowledged is there and nothing is half.

Every call that storage makes in a whole life of a journal fails in turn, by every error, once and
from then on: created, appended to, opened again, appended to.
"""

import errno
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from storage.errors import JournalMissing, StorageError
from storage.journal.frame import Commit
from storage.journal.log import Journal
from storage.records.event import MessageAdded
from tests.storage.histories import START, added, created
from tests.storage.journal.samples import SESSION

CALLS = (
    "open",
    "close",
    "read",
    "pread",
    "write",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "unlink",
    "mkdir",
    "chmod",
    "fstat",
)
ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EMFILE, errno.EINTR)
SHORT = 0
"""In place of an error: a write takes half of what it is given, every other call works."""
TRIES = 3
MOST_QUIET = 40
"""A life makes more calls than this, so that a proof that strikes nothing is found out."""


class Faults:
    """Stands before the calls of `os`. The `first` one fails, or with `on` all from it on."""

    def __init__(self, first: int, error: int, *, on: bool) -> None:
        self.first = first
        self.error = error
        self.on = on
        self.count = 0
        self.struck = 0

    def call(self, name: str, real: Any, *arguments: Any, **keywords: Any) -> Any:
        self.count += 1
        due = self.count == self.first or (self.on and self.count > self.first)
        if not due:
            return real(*arguments, **keywords)
        self.struck += 1
        if self.error == SHORT and name == "write":
            descriptor, content = arguments
            return real(descriptor, content[: max(1, len(content) // 2)])
        if self.error == SHORT:
            return real(*arguments, **keywords)
        if name == "close":
            real(*arguments, **keywords)  # the descriptor is gone whatever it says
        raise OSError(self.error, os.strerror(self.error))


@contextmanager
def struck_by(faults: Faults) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        for name in CALLS:
            patched.setattr(os, name, partial(faults.call, name, getattr(os, name)))
        yield


class Life:
    """Of one journal; `said` is what was acknowledged, by number."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.said: dict[int, str] = {}
        self.asked = 0
        self.reopened: list[str] | None = None

    def live(self) -> None:
        journal = Journal.create(self.directory, SESSION, "default", START)
        self._append(journal, 1)
        if self.said:
            for count in (1, 2, 1):
                self._append(journal, count)
        self._close(journal)
        again = self._open()
        if again:
            for count in (2, 1):
                self._append(again, count)
            self._close(again)

    def _append(self, journal: Journal, count: int) -> None:
        for _ in range(TRIES):
            texts = [self._text() for _ in range(count)]
            drafts = [added(0, text) for text in texts]
            if journal.end.n == 0:
                drafts, texts = [created()], ["created"]
            try:
                numbers = journal.append(drafts)
            except StorageError:
                continue
            self.said |= dict(zip(numbers, texts, strict=True))
            return

    def _text(self) -> str:
        """Another for each try, so that one that was refused would be known."""
        self.asked += 1
        return f"text-{self.asked}"

    def _open(self) -> Journal | None:
        for _ in range(TRIES):
            try:
                journal, commits = Journal.open(self.directory, max(self.said, default=0))
            except (StorageError, OSError):
                continue
            self.said = dict(enumerate(self.found(texts_of(commits)), 1))
            return journal
        return None

    def _close(self, journal: Journal) -> None:
        with suppress(OSError):
            journal.close()

    def found(self, texts: list[str]) -> list[str]:
        """All that was acknowledged, and after it only what was asked for, if anything."""
        said = list(self.said.values())
        assert texts[: len(said)] == said
        asked = {"created", *(f"text-{number}" for number in range(1, self.asked + 1))}
        assert set(texts[len(said) :]) <= asked
        return texts


def texts_of(commits: list[Commit]) -> list[str]:
    events = [event for commit in commits for event in commit.events]
    return [
        event.message.text if isinstance(event, MessageAdded) else "created" for event in events
    ]


def lived(directory: Path, faults: Faults) -> tuple[list[str], list[str]]:
    """A life under these faults: what was acknowledged in it, and what is there afterwards."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    life = Life(directory / SESSION)
    with struck_by(faults):
        life.live()
    said = list(life.said.values())
    try:
        journal, commits = Journal.open(life.directory, len(said))
    except JournalMissing:
        return said, []
    with journal:
        assert journal.append([added(0, "afterwards")]) == [len(commits) + 1]
    return said, life.found(texts_of(commits))


@pytest.mark.parametrize("error", [*ERRORS, SHORT], ids=lambda e: errno.errorcode.get(e, "short"))
def test_after_one_failure_exactly_what_was_acknowledged_is_there(
    tmp_path: Path, error: int
) -> None:
    for faults in each_first(error, on=False):
        said, found = lived(tmp_path / "data", faults)
        assert found == said


@pytest.mark.parametrize("error", [*ERRORS, SHORT], ids=lambda e: errno.errorcode.get(e, "short"))
def test_on_a_disk_that_has_failed_for_good_nothing_acknowledged_is_lost(
    tmp_path: Path, error: int
) -> None:
    """What could not even be taken back may be there as well, whole: nobody was told that it is."""
    for faults in each_first(error, on=True):
        said, found = lived(tmp_path / "data", faults)
        assert found[: len(said)] == said


def each_first(error: int, *, on: bool) -> Iterator[Faults]:
    """Until one comes too late to strike."""
    for first in itertools.count(1):
        faults = Faults(first, error, on=on)
        yield faults
        if not faults.struck:
            assert first > MOST_QUIET
            return
