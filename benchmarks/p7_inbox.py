"""P7: the inbox, one request at a time. P8: very many requests at once.

The request is `get-session`, which changes nothing. Ours is the real daemon, the reference watchdog
in a process of its own; the files are renamed into place by this one.
"""

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from msgspec import Struct

from benchmarks.arrivals import Arrivals
from benchmarks.daemons import daemon
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved
from benchmarks.watchdog_process import watchdog_process
from storage.data_dir import DataDir

MICROSECONDS = 1e6


class Sizes(Struct, frozen=True):
    one_at_a_time: int = 300
    at_once: int = 10_000
    rounds: int = 5
    bursts: int = 3


class Drops:
    """Requests renamed into one directory from beside it, whose answers come into another."""

    def __init__(self, directory: Path, inbox: Path, outbox: Path, session_id: str) -> None:
        self._directory = directory
        self.inbox = inbox
        self.outbox = outbox
        self._numbers = count()
        self._content = json.dumps({"type": "get-session", "session": session_id})

    def prepare(self, number: int) -> list[str]:
        """So many files that lie ready; their names."""
        names = [f"request-{next(self._numbers)}.json" for _ in range(number)]
        for name in names:
            (self._directory / name).write_text(self._content)
        return names

    def drop(self, name: str) -> None:
        (self._directory / name).rename(self.inbox / name)

    def median_seconds(self, number: int) -> float:
        """From the rename to the answer's arrival, one after the other."""
        with Arrivals(self.outbox) as arrivals:
            return statistics.median(
                self._answer_seconds(name, arrivals) for name in self.prepare(number)
            )

    def _answer_seconds(self, name: str, arrivals: Arrivals) -> float:
        began = time.perf_counter()
        self.drop(name)
        arrivals.wait_for(name)
        return time.perf_counter() - began

    def burst_seconds(self, number: int) -> float:
        """From the first rename to the last answer's arrival."""
        names = self.prepare(number)
        missing = set(names)
        with Arrivals(self.outbox) as arrivals:
            began = self.burst(names)
            while missing:
                missing.difference_update(arrivals.next())
            return time.perf_counter() - began

    def burst(self, names: list[str]) -> float:
        """Drops all; when it began."""
        began = time.perf_counter()
        for name in names:
            self.drop(name)
        return began


@contextmanager
def _greenroom(ground: Ground, home: Path) -> Iterator[Drops]:
    place = ground.fresh("requests")
    with daemon(DataDir(home / "data")) as running:
        made = running.ask({"type": "create-session", "location_path": str(place)})
        yield Drops(place, running.data.inbox, running.data.outbox, made["id"])


def _watched(ground: Ground) -> Drops:
    return Drops(ground.fresh("requests"), ground.fresh("in"), ground.fresh("out"), "nobody")


def measure_latency(ground: Ground, sizes: Sizes) -> list[Figure]:
    """P7."""
    number = sizes.one_at_a_time

    def watchdog() -> float:
        place = _watched(ground)
        with watchdog_process("answer", str(place.inbox), str(place.outbox)):
            return MICROSECONDS * place.median_seconds(number)

    with _greenroom(ground, ground.fresh("p7")) as requests:
        requests.median_seconds(number // 10 + 1)
        rounds = interleaved(
            ground.say,
            sizes.rounds,
            lambda: MICROSECONDS * requests.median_seconds(number),
            watchdog,
        )
    return [
        figure(
            "P7",
            "inbox: rename to answer, one at a time, p50",
            unit="µs",
            against="watchdog and a handler that writes and renames",
            goal=Goal("at most", 2),
            rounds=rounds,
        )
    ]


def measure_burst(ground: Ground, sizes: Sizes) -> list[Figure]:
    """P8."""
    number = sizes.at_once

    def watchdog() -> float:
        place = _watched(ground)
        names = place.prepare(number)
        with watchdog_process("count", str(place.inbox), str(number)) as counting:
            began = place.burst(names)
            counting.wait_for("all")
            return number / (time.perf_counter() - began)

    with _greenroom(ground, ground.fresh("p8")) as requests:
        rounds = interleaved(
            ground.say, sizes.bursts, lambda: number / requests.burst_seconds(number), watchdog
        )
    return [
        figure(
            "P8",
            f"inbox: {number:,} requests at once",
            unit="/s",
            against="watchdog and an empty handler",
            goal=Goal("at least", 1),
            rounds=rounds,
        )
    ]
