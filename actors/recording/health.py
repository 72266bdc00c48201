"""Whether the store can keep changes at present, and the room kept back for what ends things.

One that refused is asked again every few seconds until it accepts; whoever waits for that is told.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor

from actors.ports import Clock
from storage import reserve
from storage.data_dir import DataDir
from storage.errors import StorageError

_log = logging.getLogger(__name__)

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 15.0


class StoreHealth:
    """Every method may be called from any thread. `pool` gives the threads that touch files;
    `changed` is called whenever the problem is another, or none, and must be short.
    """

    def __init__(
        self,
        data: DataDir,
        clock: Clock,
        pool: Callable[[], Executor],
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        self._data = data
        self._clock = clock
        self._pool = pool
        self._changed = changed
        self._lock = threading.Lock()
        self._problem: StorageError | None = None
        self._pause_seconds = FIRST_SECONDS
        self._is_released = False
        self._is_used_up = False
        self._waiting: list[Callable[[], object]] = []

    @property
    def problem(self) -> StorageError | None:
        """Why changes are refused, None while they are not."""
        return self._problem

    def begin(self) -> None:
        """Set the room aside. A disk that is full already is a problem like any later one."""
        try:
            reserve.keep(self._data.reserve)
        except StorageError as error:
            self.failed(error)

    def failed(self, error: StorageError) -> None:
        """A change could not be kept. Nothing else is tried until a probe succeeds."""
        with self._lock:
            is_known, self._problem = self._problem is not None, error
            if not is_known:
                self._pause_seconds = FIRST_SECONDS
        self._changed()
        if is_known:
            return
        _log.error("the store refuses changes: %s", error)
        self._probe_later()

    def when_well(self, call: Callable[[], object]) -> None:
        """`call` once, after the next probe that succeeds; at once if nothing is wrong.

        It is called from another thread and must be short: it hands a message to an actor.
        """
        with self._lock:
            if self._problem is not None:
                self._waiting.append(call)
                return
        call()

    def release_reserve(self) -> bool:
        """Make room for what ends things; False once that is used up."""
        with self._lock:
            if self._is_used_up:
                return False
            self._is_released = True
        try:
            reserve.release(self._data.reserve)
        except StorageError as error:
            _log.error("the reserve cannot be released: %s", error)
            return False
        return True

    def refused_again(self) -> None:
        """A line that ends something was refused; if the room was made by then, it is used up."""
        with self._lock:
            self._is_used_up = self._is_released

    def _probe_later(self) -> None:
        self._clock.after(self._pause_seconds, self._submit)
        self._pause_seconds = min(self._pause_seconds * 2, LONGEST_SECONDS)

    def _submit(self) -> None:
        try:
            self._pool().submit(self._probe)
        except RuntimeError:  # the recorder has ended; the next start begins anew
            _log.info("the store is left to the next start")

    def _probe(self) -> None:
        try:
            reserve.keep(self._data.reserve)
            reserve.probe(self._data.probe)
        except StorageError as error:
            self._problem = error
            self._changed()
            self._probe_later()
            return
        with self._lock:
            self._problem = None
            self._is_released = self._is_used_up = False
            waiting, self._waiting = self._waiting, []
        _log.warning("the store takes changes again")
        self._changed()
        for call in waiting:
            call()
