"""`.revisions.jsonl`: which sessions stood in which revision of `sessions.json`, a line for each.

A line says what came, went and moved on since the one before, each session with the number its
journal ended at; one with `all` says every session, and is written where the one before is not
known. Damage costs revisions, never a wrong list: whatever does not follow on is not used. Kept:
the last 10,000 revisions, and all of the last 7 days.
"""

import itertools
import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from storage import codec, durable
from storage.errors import FileRefused, StorageError
from storage.records.process import UtcTime

T = TypeVar("T")
Numbers = dict[str, int]
"""Session id -> number of the last line of its journal."""

NAME = ".revisions.jsonl"
KEPT_COUNT = 10_000
KEPT_TIME = timedelta(days=7)
_TAIL_BYTES = 1 << 16
_CHECK_BYTES = 2 << 20
"""Below that length nothing is left out; above, it is looked at each time it has doubled."""


class Revision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line. It is against the revision before, or, with `all`, against nothing."""

    revision: int
    digest: str
    at: UtcTime
    added: Numbers = {}
    changed: Numbers = {}
    removed: list[str] = []
    all: bool = False


class _Head(Struct, frozen=True):
    revision: int
    at: UtcTime


class Revisions:
    """The file at `path`. One thread at a time appends; the rest only reads, from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._check_at_bytes = _CHECK_BYTES
        self._must_move = False
        self._left: tuple[int, int] | None = None

    def append(
        self,
        revision: int,
        digest: str,
        numbers: Mapping[str, int],
        previous: Mapping[str, int] | None,
        at: datetime,
    ) -> None:
        """Says on disk what stands in `revision`. `previous`: in the one before it, None if that
        is not known. StorageError; then the number must not be used again.
        """
        if self._left is None or self._found() != self._left:
            previous = None  # nobody knows what it would follow on
        before = previous or {}
        line = Revision(
            revision=revision,
            digest=digest,
            at=at,
            added={name: n for name, n in numbers.items() if name not in before},
            changed={name: n for name, n in numbers.items() if before.get(name, n) != n},
            removed=[name for name in before if name not in numbers],
            all=previous is None,
        )
        self._left = None
        self._add(codec.encode(line) + b"\n")
        self._trim(at)
        self._left = self._found()

    def _found(self) -> tuple[int, int] | None:
        """Which file it is, and how long; None if there is none."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size

    def _add(self, line: bytes) -> None:
        """After a failure all goes to a new file: what the old one shows need not be on the disk,
        and a line that follows on a lost one cannot be read.
        """
        try:
            if self._must_move:
                durable.replace_file(self._path, b"".join([*self._encoded(), line]))
            else:
                durable.append_line(self._path, line)
        except StorageError:
            self._must_move = True
            raise
        self._must_move = False

    def _encoded(self) -> Iterator[bytes]:
        with durable.named_failures(self._path):
            yield from (codec.encode(line) + b"\n" for line in self._lines())

    def last(self) -> int:
        """The highest number that was used, 0 if none was. Reads the end of the file. OSError."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
                heads = [head for line in file if (head := _decoded(line, _Head))]
        except FileNotFoundError:
            return 0
        # One line alone can be longer than what was read.
        return max((line.revision for line in heads or self._lines()), default=0)

    def find(self, revision: int, digest: str) -> Numbers | None:
        """What stood in it; None if that is not known, or not any more. OSError."""
        state = _Fold()
        for line in self._lines():
            state.take(line)
            if (line.revision, line.digest) == (revision, digest):
                return state.numbers
        return None

    def ever(self) -> frozenset[str]:
        """Every id that any of the revisions kept here had. OSError."""
        return frozenset(itertools.chain.from_iterable(line.added for line in self._lines()))

    def _lines(self) -> Iterator[Revision]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                decoded = _decoded(line, Revision)
                if decoded is not None:
                    yield decoded

    def _trim(self, now: datetime) -> None:
        """Leaves out what is too old, now and then: its cost is that of as much again appended."""
        with durable.named_failures(self._path):
            if self._path.stat().st_size < self._check_at_bytes:
                return
            keep_from = self._first_kept(now)
            if keep_from is not None:
                self._rewrite(keep_from)
            self._check_at_bytes = max(_CHECK_BYTES, 2 * self._path.stat().st_size)

    def _first_kept(self, now: datetime) -> int | None:
        """The first revision to be kept; None if that is all of them."""
        heads = [(line.revision, line.at) for line in self._lines()]
        recent = [number for number, at in heads if now - at < KEPT_TIME]
        last = [number for number, _ in heads[-KEPT_COUNT:]]
        first = min(recent + last, default=0)
        return first if heads and heads[0][0] < first else None

    def _rewrite(self, keep_from: int) -> None:
        """The first line that stays says all its sessions, for what it followed on is gone."""
        kept: list[bytes] = []
        state = _Fold()
        for line in self._lines():
            state.take(line)
            if line.revision < keep_from:
                continue
            if not kept and state.numbers is not None:
                line = replace(line, added=state.numbers, changed={}, removed=[], all=True)  # noqa: PLW2901 - the same one, spelt out
            kept.append(codec.encode(line) + b"\n")
        durable.replace_file(self._path, b"".join(kept))


class _Fold:
    """What stands in the last revision taken; None where that is not known."""

    def __init__(self) -> None:
        self.numbers: Numbers | None = None
        self._revision = 0

    def take(self, line: Revision) -> None:
        if line.all:
            self.numbers = dict(line.added)
        elif self.numbers is not None and line.revision == self._revision + 1:
            self.numbers |= line.added | line.changed
            for name in line.removed:
                self.numbers.pop(name, None)
        else:
            self.numbers = None
        self._revision = line.revision


def _decoded(line: bytes, kind: type[T]) -> T | None:
    """None for a torn line, or one that has lain on a bad disk."""
    try:
        found: T = codec.decode(line, kind)
    except FileRefused:
        return None
    return found
