"""A clock that moves only when told to; timers fire inside `advance`, in order of their time."""

import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from actors.ports import Cancel


class FakeClock:
    def __init__(self) -> None:
        self._monotonic = 1000.0
        self._start = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._due: dict[int, tuple[float, Callable[[], object]]] = {}

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._monotonic - 1000.0)

    def monotonic(self) -> float:
        return self._monotonic

    def after(self, seconds: float, call: Callable[[], object]) -> Cancel:
        with self._lock:
            number = next(self._numbers)
            self._due[number] = (self._monotonic + seconds, call)
        return lambda: self._cancel(number)

    @property
    def waiting(self) -> list[float]:
        """Seconds until each timer that is set, soonest first."""
        with self._lock:
            return sorted(due - self._monotonic for due, _ in self._due.values())

    def advance(self, seconds: float) -> None:
        end = self._monotonic + seconds
        while (call := self._next(end)) is not None:
            call()
        self._monotonic = end

    def _cancel(self, number: int) -> None:
        with self._lock:
            self._due.pop(number, None)

    def _next(self, end: float) -> Callable[[], object] | None:
        with self._lock:
            due = [(at, number) for number, (at, _) in self._due.items() if at <= end]
            if not due:
                return None
            at, number = min(due)
            self._monotonic = max(self._monotonic, at)
            return self._due.pop(number)[1]
