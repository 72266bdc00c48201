"""A clock that moves only when told to; timers fire inside `advance`, in order of their time."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from actors.ports import Cancel


class FakeClock:
    def __init__(self) -> None:
        self._monotonic = 1000.0
        self._start = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        self._numbers = itertools.count()
        self._due: dict[int, tuple[float, Callable[[], None]]] = {}

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._monotonic - 1000.0)

    def monotonic(self) -> float:
        return self._monotonic

    def after(self, seconds: float, call: Callable[[], None]) -> Cancel:
        number = next(self._numbers)
        self._due[number] = (self._monotonic + seconds, call)
        return lambda: self._due.pop(number, None) and None

    @property
    def waiting(self) -> list[float]:
        """Seconds until each timer that is set, soonest first."""
        return sorted(due - self._monotonic for due, _ in self._due.values())

    def advance(self, seconds: float) -> None:
        end = self._monotonic + seconds
        while True:
            due = [(at, number) for number, (at, _) in self._due.items() if at <= end]
            if not due:
                break
            at, number = min(due)
            self._monotonic = max(self._monotonic, at)
            self._due.pop(number)[1]()
        self._monotonic = end
