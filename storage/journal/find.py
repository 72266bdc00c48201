"""Looks for what a request did, by its id, in journals that may be open for appending.

Each line is looked at once, however many requests are looked for: what was asked before a crash is
asked again all at once. Only those read that are on disk.
"""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from storage import codec, durable
from storage.errors import StorageError
from storage.journal import frame, log, scan
from storage.records.event import AnyEvent


class Found(Struct, frozen=True):
    """The `events` that a request had; `followed` are the workers that later events name."""

    events: tuple[AnyEvent, ...]
    followed: frozenset[str]


class _Event(Struct, frozen=True):
    worker_id: str | None = None


class _Line(Struct, frozen=True):
    n: int
    request: str | None = None
    events: tuple[_Event, ...] = ()


class Past:
    """Of the journal in `directory`. For one thread."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / log.NAME
        self._read_bytes = 0
        self._requests: dict[str, int] = {}
        self._workers: dict[str, int] = {}

    def find(self, request_id: str, end_bytes: int) -> Found | None:
        """What the request did; `end_bytes` is where the journal ends for its owner.

        StorageError if it cannot be read. A journal that is missing has nothing.
        """
        with durable.named_failures(self._path):
            try:
                self._read(end_bytes)
                place = self._requests.get(request_id)
                return None if place is None else self._found(place)
            except FileNotFoundError:
                return None

    def _read(self, end_bytes: int) -> None:
        if self._read_bytes >= end_bytes:
            return
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            while self._read_bytes < end_bytes:
                line = file.readline(frame.LINE_LIMIT_BYTES)
                if not line.endswith(b"\n") or not frame.is_whole(line[:-1]):
                    raise scan.corrupt(self._path, self._read_bytes, 0, "a line is damaged")
                self._note(codec.decode(line, _Line), self._read_bytes)
                self._read_bytes += len(line)

    def _note(self, line: _Line, place: int) -> None:
        if line.request is not None:
            self._requests.setdefault(line.request, place)
        for event in line.events:
            if event.worker_id is not None:
                self._workers[event.worker_id] = place

    def _found(self, place: int) -> Found:
        with self._path.open("rb") as file:
            file.seek(place)
            commit = frame.decode_commit(file.readline(frame.LINE_LIMIT_BYTES)[:-1])
        followed = frozenset(worker for worker, last in self._workers.items() if last > place)
        return Found(commit.events, followed)


class Ended:
    """Journals to which nothing is added any more: whether one holds a request. For one thread."""

    def __init__(self) -> None:
        self._requests: dict[Path, frozenset[str]] = {}

    def holds(self, directories: Iterable[Path], request_id: str) -> bool:
        """As far as they can be read."""
        return any(request_id in self._of(directory) for directory in directories)

    def _of(self, directory: Path) -> frozenset[str]:
        if directory not in self._requests:
            self._requests[directory] = _requests(directory)
        return self._requests[directory]


def holds(directory: Path, request_id: str) -> bool:
    """Whether the request was done there, as far as the journal can be read."""
    return request_id in _requests(directory)


def _requests(directory: Path) -> frozenset[str]:
    try:
        commits = log.read(directory).commits
    except StorageError:
        return frozenset()
    return frozenset(commit.request for commit in commits if commit.request is not None)
