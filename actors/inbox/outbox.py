"""Puts answers into the outbox, many at a time, on the pool: no actor waits for a disk.

One writer at a time, so that of two answers with one name the later stays. An answer to a request
that changed nothing is not synced, and its claim is let go in the same step.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path

from msgspec import Struct

from actors.gateway import encoded
from actors.inbox.errand import Errand
from storage import request_claims, request_files
from storage.errors import StorageError
from storage.records.request import Answer
from storage.request_files import Outgoing

_log = logging.getLogger(__name__)


_Waiting = tuple[Errand, Answer | bytes]

PORTION_BYTES = 8 << 20
"""So much of what waits is encoded at a time."""


class Written(Struct, frozen=True):
    """What stands in the outbox now, and what could not be put there, with why."""

    errands: list[Errand]
    failed: list[tuple[Errand, StorageError]]


class Outbox:
    """Every method may be called from any thread; `tell` is called with a `Written`."""

    def __init__(
        self, directory: Path, pool: Callable[[], Executor], tell: Callable[[Written], object]
    ) -> None:
        self._directory = directory
        self._pool = pool
        self._tell = tell
        self._lock = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._busy = False
        self._closed = False

    def put(self, errand: Errand, answer: Answer | bytes) -> None:
        """`answer` as bytes is its JSON."""
        with self._lock:
            if self._closed:
                return
            self._waiting.append((errand, answer))
            if self._busy:
                return
            try:
                self._pool().submit(self._write)
            except RuntimeError:  # the recorder has ended; the next start takes it up again
                _log.info("the answer to %s is left to the next start", errand.id)
                return
            self._busy = True

    def close(self) -> None:
        """Wait until nothing is being written; what was not begun, or comes later, is left."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            self._lock.wait_for(lambda: not self._busy)

    def _write(self) -> None:
        while True:
            with self._lock:
                batch, self._waiting = self._waiting, []
                if not batch:
                    self._busy = False
                    self._lock.notify_all()
                    return
            try:
                self._tell(self._written(batch))
            except Exception as error:  # noqa: BLE001 - logged; the writer goes on for the others
                _log.exception("answers could not be written")
                failure = StorageError(f"greenroom failed over it: {error}")
                for errand, answer in batch:
                    errand.content = as_content(answer)
                self._tell(Written([], [(errand, failure) for errand, _ in batch]))

    def _written(self, batch: list[_Waiting]) -> Written:
        written, failed = [], []
        for portion in self._portions(batch):
            for errand, one, error in self._put(portion):
                if error is None:
                    written.append(errand)
                else:
                    errand.content = one.content[:-1]
                    failed.append((errand, error))
        return Written(written, failed)

    def _portions(self, batch: list[_Waiting]) -> Iterator[list[tuple[Errand, Outgoing]]]:
        """Encoded bit by bit, since an answer may show a whole history."""
        portion, size = [], 0
        for errand, answer in batch:
            one = self._outgoing(errand, answer)
            portion.append((errand, one))
            size += len(one.content)
            if size >= PORTION_BYTES:
                yield portion
                portion, size = [], 0
        yield portion

    def _put(
        self, portion: list[tuple[Errand, Outgoing]]
    ) -> Iterator[tuple[Errand, Outgoing, StorageError | None]]:
        """A stream ends before its answer is there, which stands for all that there was to do."""
        ready = []
        for errand, one in portion:
            error = self._end_stream(one) if errand.streams else None
            if error is None:
                ready.append((errand, one))
            else:
                yield errand, one, error
        results = request_files.put_answers(self._directory, [one for _, one in ready])
        for (errand, one), result in zip(ready, results, strict=True):
            yield errand, one, result or self._release(errand)

    def _outgoing(self, errand: Errand, answer: Answer | bytes) -> Outgoing:
        content = as_content(answer)
        return Outgoing(
            name=errand.identity.answer_name,
            content=content + b"\n",
            synced=errand.journaled,
            unless_there=errand.is_recovered,
        )

    def _end_stream(self, one: Outgoing) -> StorageError | None:
        try:
            request_files.end_stream(self._directory, one.name, one.content[:-1])
        except StorageError as error:
            return error
        return None

    def _release(self, errand: Errand) -> StorageError | None:
        try:
            if not errand.journaled:
                for claim in errand.claims:
                    request_claims.release(claim)
        except OSError as error:
            return StorageError(str(error))
        return None


def as_content(answer: Answer | bytes) -> bytes:
    """The JSON of an answer."""
    return answer if isinstance(answer, bytes) else encoded(answer)
