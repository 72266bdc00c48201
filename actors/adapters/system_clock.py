"""The machine's own clocks, and one timer thread for the whole process."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from actors.ports import Cancel

_log = logging.getLogger(__name__)

LONGEST_SECONDS = 3600.0
"""So long the timer waits at most before it looks again: what a system can wait is bounded."""


class SystemClock:
    """Fulfils `Clock`. The timer thread starts with the first `after` and is a daemon thread."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int]] = []
        self._calls: dict[int, Callable[[], object]] = {}
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def after(self, seconds: float, call: Callable[[], object]) -> Cancel:
        with self._changed:
            number = next(self._numbers)
            heapq.heappush(self._due, (time.monotonic() + seconds, number))
            self._calls[number] = call
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="timer", daemon=True)
                self._thread.start()
            self._changed.notify()
        return lambda: self._cancel(number)

    def _cancel(self, number: int) -> None:
        """What it would have called, and all that this holds, is let go at once."""
        with self._changed:
            self._calls.pop(number, None)

    def _run(self) -> None:
        while True:
            call = self._next()
            try:
                call()
            except BaseException:  # noqa: BLE001 - the thread serves all the other timers too
                _log.exception("a timer's call failed")

    def _next(self) -> Callable[[], object]:
        with self._changed:
            while True:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is None or wait > 0:
                    self._changed.wait(None if wait is None else min(wait, LONGEST_SECONDS))
                    continue
                _, number = heapq.heappop(self._due)
                if call := self._calls.pop(number, None):
                    return call
