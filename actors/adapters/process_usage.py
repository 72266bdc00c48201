"""Memory and CPU of processes together with all their descendants."""

import threading
import time
from collections.abc import Iterable, Mapping

from msgspec import Struct


class Usage(Struct, frozen=True):
    """Resident bytes, and CPU since the last look as percent of one core (0 at the first)."""

    memory_bytes: int
    cpu_percent: float


class UsageMeter:
    """Remembers the CPU seconds of each process from one look to the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: dict[int, float] = {}
        self._looked_at = 0.0

    def look(self, roots: Iterable[int]) -> Mapping[int, Usage]:
        """By root pid; a process that is gone is left out."""
        wanted = list(roots)
        if not wanted:
            return {}
        with self._lock:
            children, memory, seconds = _scan()
            now = time.monotonic()
            elapsed = now - self._looked_at if self._looked_at else 0.0
            usage = {
                root: self._sum(_tree(root, children), memory, seconds, elapsed)
                for root in wanted
                if root in memory
            }
            self._seconds, self._looked_at = seconds, now
        return usage

    def _sum(
        self,
        pids: set[int],
        memory: Mapping[int, int],
        seconds: Mapping[int, float],
        elapsed: float,
    ) -> Usage:
        used = sum(
            seconds[pid] - self._seconds[pid]
            for pid in pids
            if pid in seconds and pid in self._seconds
        )
        percent = round(100 * max(used, 0.0) / elapsed, 1) if elapsed > 0 else 0.0
        return Usage(sum(memory.get(pid, 0) for pid in pids), percent)


def _scan() -> tuple[dict[int, list[int]], dict[int, int], dict[int, float]]:
    import psutil

    children: dict[int, list[int]] = {}
    memory: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for process in psutil.process_iter(["pid", "ppid", "memory_info", "cpu_times"]):
        seen = process.info
        children.setdefault(seen["ppid"], []).append(seen["pid"])
        memory[seen["pid"]] = seen["memory_info"].rss if seen["memory_info"] else 0
        times = seen["cpu_times"]
        seconds[seen["pid"]] = times.user + times.system if times else 0.0
    return children, memory, seconds


def _tree(root: int, children: Mapping[int, list[int]]) -> set[int]:
    found, waiting = set[int](), [root]
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, ())
    return found
