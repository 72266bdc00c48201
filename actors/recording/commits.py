"""An open journal and the commits on their way into it.

They are written one batch after another, in the owner's own thread or on a pool; what arrives
meanwhile goes into the next batch, so several commands share one sync. After a failure everything
on its way is refused, and so is what follows, until the owner has `reset`.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime

from msgspec import Struct

from storage import attachments
from storage.attachments import Attachment
from storage.errors import StorageError
from storage.journal.frame import JournalEnd
from storage.journal.log import Draft, Journal
from storage.records.event import AnyEvent

_log = logging.getLogger(__name__)


class Committed(Struct, frozen=True):
    """The oldest `count` commits are on disk; the journal ends at `end`."""

    count: int
    end: JournalEnd


class CommitsFailed(Struct, frozen=True):
    """The oldest `count` commits are not in the journal and never will be."""

    count: int
    error: Exception


class _Waiting(Struct, frozen=True):
    draft: Draft
    apart: Sequence[Attachment]


class Commits:
    """All but `close` is for the owner's thread.

    `notify` is called whenever there is something to collect that `write` did not bring about, also
    from the pool.
    """

    def __init__(self, journal: Journal, notify: Callable[[], object]) -> None:
        self._journal = journal
        self._notify = notify
        self._lock = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._results: deque[Committed | CommitsFailed] = deque()
        self._busy = False
        self._failure: Exception | None = None
        self._closed = False

    @property
    def end(self) -> JournalEnd:
        """The end of what is on disk; for when nothing is on its way."""
        return self._journal.end

    def submit(
        self,
        at: datetime,
        events: Sequence[AnyEvent],
        request_id: str | None,
        apart: Sequence[Attachment] = (),
    ) -> None:
        """Add one commit to the next batch, for `write` or `start`; what becomes of it is for
        `collect`.

        `apart`: what was set apart of its events; it is on disk before they are.
        """
        with self._lock:
            if self._failure is None and not self._closed:
                self._waiting.append(_Waiting((at, events, request_id), apart))
                return
            error = self._failure or StorageError("the journal was closed; try again")
            self._results.append(CommitsFailed(1, error))
        self._notify()

    @property
    def is_waiting(self) -> bool:
        """Whether there is a batch that nobody writes yet."""
        return bool(self._waiting) and not self._busy

    def write(self) -> None:
        """Write what is waiting, in the caller's thread: no other has to be woken for it."""
        with self._lock:
            if not self.is_waiting:
                return
            self._busy = True
        self._write_batch()
        with self._lock:
            self._busy = False
            self._lock.notify_all()

    def start(self, pool: Executor) -> None:
        """Let `pool` write what is waiting, and what comes until that is done."""
        with self._lock:
            if self.is_waiting:
                pool.submit(self._write_on, pool)
                self._busy = True

    def collect(self) -> list[Committed | CommitsFailed]:
        """What has become of commits since the last call, in their order."""
        results = []
        while self._results:
            results.append(self._results.popleft())
        return results

    def reset(self) -> None:
        """The owner has dropped what was refused: what is submitted from now on is written."""
        with self._lock:
            self._failure = None

    def close(self) -> None:
        """Wait until all that was submitted is settled, then let go of the file.

        What is there to be collected stays so.
        """
        with self._lock:
            self._closed = True
        self.write()
        with self._lock:
            self._lock.wait_for(lambda: not self._busy)
        self._journal.close()

    def _write_on(self, pool: Executor) -> None:
        self._write_batch()
        with self._lock:
            if self._waiting:
                pool.submit(self._write_on, pool)
            else:
                self._busy = False
                self._lock.notify_all()
        self._notify()

    def _write_batch(self) -> None:
        with self._lock:
            batch, self._waiting = self._waiting, []
        failure = self._append(batch)
        with self._lock:
            # In one step with the mark, so that no later refusal can come to stand before it.
            self._results.append(self._settled(len(batch), failure))

    def _append(self, batch: list[_Waiting]) -> Exception | None:
        try:
            for waiting in batch:
                if waiting.apart:
                    attachments.write(self._journal.directory, waiting.apart)
            self._journal.append([waiting.draft for waiting in batch])
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing of it may be acknowledged
            _log.error("journal %s: %s", self._journal.header.session, error)
            return error
        return None

    def _settled(self, count: int, failure: Exception | None) -> Committed | CommitsFailed:
        if failure is None:
            return Committed(count, self._journal.end)
        self._failure = failure
        count += len(self._waiting)
        self._waiting = []
        return CommitsFailed(count, failure)
