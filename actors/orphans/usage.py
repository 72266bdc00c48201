"""What the processes of each worker and MCP server use, from the looks that the sweeper takes.

Keeps the CPU seconds of the last looks, so that a percentage is of the last few seconds whoever
asks, and however seldom. Whose a process is it is told.
"""

from collections import deque
from collections.abc import Iterable, Mapping

from actors.decisions.left_over import Identity, identity
from actors.messages.orphans import Owner, Process, TellUsage, Usage
from actors.ports import Clock

FRESH_SECONDS = 1.0
"""So old may a look be that is told of."""
BASE_SECONDS = 1.0
"""CPU is told since a look that is at least so old, if there is one."""
KEPT_SECONDS = 12.0
"""More than twice the time between two looks."""

_Seconds = dict[str, float]


class UsageAccount:
    """Used in the sweeper's thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looks: deque[tuple[float, _Seconds]] = deque()
        self._usage: dict[str, Usage] = {}
        self._waiting: list[TellUsage] = []

    @property
    def latest(self) -> Mapping[str, Usage]:
        """As of the last look, by key."""
        return self._usage

    def is_told(self, asked: TellUsage) -> bool:
        """False if it has to wait for a look, of which it is told then."""
        is_fresh = self._looks and self._clock.monotonic() - self._looks[-1][0] <= FRESH_SECONDS
        if is_fresh and asked.keys <= self._usage.keys():
            asked.told(self._usage)
            return True
        self._waiting.append(asked)
        return False

    def looked(self, processes: Iterable[Process], owners: Mapping[Identity, Owner]) -> None:
        now = self._clock.monotonic()
        found: dict[str, list[Process]] = {}
        for process in processes:
            owner = owners.get(identity(process))
            if owner and owner.key:
                found.setdefault(owner.key, []).append(process)
        seconds = {key: sum(each.cpu_seconds for each in them) for key, them in found.items()}
        before_at, before = self._base(now)
        elapsed = now - before_at
        self._usage = {
            key: Usage(
                len(them),
                sum(each.memory_bytes for each in them),
                _percent(seconds[key] - before.get(key, 0.0), elapsed),
                min(them, key=lambda each: (each.start_ticks, each.pid)).pid,
            )
            for key, them in found.items()
        }
        self._looks.append((now, seconds))
        self.tell()

    def tell(self) -> None:
        """Tell all who wait what is known."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.told(self._usage)

    def _base(self, now: float) -> tuple[float, _Seconds]:
        """The look that CPU is counted from: when it was, and what had been used by then."""
        while len(self._looks) > 1 and now - self._looks[0][0] > KEPT_SECONDS:
            self._looks.popleft()
        old = [look for look in self._looks if now - look[0] >= BASE_SECONDS]
        return old[-1] if old else self._looks[0] if self._looks else (now, {})


def _percent(seconds: float, elapsed: float) -> float:
    return round(100 * max(seconds, 0.0) / elapsed, 1) if elapsed > 0 else 0.0
