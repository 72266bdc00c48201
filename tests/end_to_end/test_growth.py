"""R14: sessions with terminals come and go, others stay for long; daemon and host do not grow."""

import os
import random
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from actors.cli.connection import Connection
from tests.end_to_end.conftest import House

COMMANDS = (["sh", "-c", "sleep 600"], ["sh", "-c", "seq 2000; exit 3"], ["cat"])
LOOP = 'i=0; while read -r line; do i=$((i+1)); echo "$i: $line"; seq 40; done'
SOAK_SECONDS = float(os.environ.get("SOAK_SECONDS", "3600"))
"""How long the long one lasts."""
WARM_BYTES = 8 << 20
"""A process that is still warming up may grow by so much, whatever it does."""


class Size(NamedTuple):
    """Of one process; `zombies` are its dead children."""

    descriptors: int
    threads: int
    zombies: int


def size_of(pid: int) -> Size:
    """The least of a few readings: what is just being closed does not count."""
    readings = []
    for _ in range(5):
        readings.append(_reading(pid))
        time.sleep(0.1)
    return Size(*(min(column) for column in zip(*readings, strict=True)))


def _reading(pid: int) -> Size:
    process = psutil.Process(pid)
    dead = [p for p in process.children(recursive=True) if p.status() == psutil.STATUS_ZOMBIE]
    return Size(process.num_fds(), process.num_threads(), len(dead))


class Growth:
    """Of daemon and terminal host, since it was made."""

    def __init__(self, house: House) -> None:
        status = house.status()
        self._pids = [int(status[name]["pid"]) for name in ("daemon", "terminal_host")]
        self._sizes = [size_of(pid) for pid in self._pids]
        self._resident = [psutil.Process(pid).memory_info().rss for pid in self._pids]

    def is_none(self, slack_bytes: int = 0) -> None:
        """But for 5 % of memory, and `slack_bytes`."""
        sizes = [size_of(pid) for pid in self._pids]
        resident = [psutil.Process(pid).memory_info().rss for pid in self._pids]
        told = (self._sizes, sizes, self._resident, resident)
        print(*told)  # noqa: T201 - the figures of the long run
        for before, after in zip(self._sizes, sizes, strict=True):
            assert all(now <= was + 2 for was, now in zip(before, after, strict=True)), told
        for was, now in zip(self._resident, resident, strict=True):
            assert now <= was * 1.05 + slack_bytes, told


def come_and_go(house: House, count: int) -> None:
    """Some end by their deletion, and some before."""
    with Connection(str(house.data)) as connection:
        for number in range(count):
            request: dict[str, Any] = {
                "type": "create-session",
                "location_path": str(house.home),
                "worker": {"type": "terminal", "command": COMMANDS[number % len(COMMANDS)]},
            }
            made = connection.ask(request)
            assert made["ok"], made
            session_id = made["data"]["id"]
            message = {"role": "user", "content": "x" * 200}
            assert connection.ask(
                {"type": "add-message", "session": session_id, "message": message}
            )["ok"]
            gone = connection.ask({"type": "delete-session", "session": session_id})
            assert gone["data"] == {"deleted": True}


def assert_no_growth(house: House, warm: int, count: int, slack_bytes: int = 0) -> None:
    come_and_go(house, warm)
    growth = Growth(house)
    come_and_go(house, count)
    growth.is_none(slack_bytes)
    assert list((house.data / "workspaces" / "default" / "sessions").iterdir()) == []
    assert len(list(Path(house.data / "workspaces" / "default" / "trash").iterdir())) == (
        warm + count
    )


def test_sessions_that_came_and_went_leave_nothing_open(running: House) -> None:
    assert_no_growth(running, 60, 150, WARM_BYTES)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_5000_sessions_that_came_and_went_leave_nothing_open(running: House) -> None:
    assert_no_growth(running, 3000, 5000)


class Crowd:
    """Sessions with a terminal each, to which things are done by chance."""

    def __init__(self, house: House, count: int) -> None:
        self._data = str(house.data)
        self._chance = random.Random(count)
        self._titles = [f"t{number}" for number in range(count)]
        worker = {"type": "terminal", "name": "it", "command": ["sh", "-c", LOOP]}
        for title in self._titles:
            request = {"type": "create-session", "location_path": "/", "title": title}
            house.data_of({**request, "worker": worker})

    def busy_for(self, seconds: float) -> int:
        """How often something was done to one of them."""
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            with Connection(self._data) as connection:  # connections come and go as well
                for _ in range(50):
                    asked = self._something(self._chance.choice(self._titles))
                    answer = connection.ask(asked)
                    assert answer["ok"], answer
                    count += 1
            time.sleep(0.05)
        return count

    def _something(self, title: str) -> dict[str, Any]:
        to = {"session": title, "worker": "it"}
        size = {"cols": self._chance.randint(40, 200), "rows": self._chance.randint(10, 60)}
        return self._chance.choice(
            [
                {"type": "write-input", "data": "some line\r", **to},
                {"type": "write-input", "data": "another\r", **to},
                {"type": "resize-worker", **size, **to},
                {"type": "get-screen", **to},
                {"type": "get-activity", **to},
                {"type": "get-output", "from": -4096, **to},
                {"type": "restart-worker", **to}
                if self._chance.random() < 0.02
                else {"type": "get-worker", **to},
            ]
        )


def assert_no_growth_in_use(house: House, count: int, seconds: float, slack_bytes: int = 0) -> None:
    crowd = Crowd(house, count)
    crowd.busy_for(seconds / 5)
    growth = Growth(house)
    assert crowd.busy_for(seconds * 4 / 5) > count
    growth.is_none(slack_bytes)


def test_terminals_that_are_used_for_a_while_cost_no_more_than_before(running: House) -> None:
    assert_no_growth_in_use(running, 6, 10, WARM_BYTES)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_50_terminals_that_are_used_for_long_cost_no_more_than_before(running: House) -> None:
    assert_no_growth_in_use(running, 50, SOAK_SECONDS)
