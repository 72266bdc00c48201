"""R14: sessions come and go, and the daemon does not grow."""

import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from actors.cli.connection import Connection
from tests.end_to_end.conftest import House


def counts(pid: int) -> tuple[int, int, int]:
    """Descriptors, threads and zombies of a process."""
    process = psutil.Process(pid)
    zombies = [p for p in process.children(recursive=True) if p.status() == psutil.STATUS_ZOMBIE]
    return process.num_fds(), process.num_threads(), len(zombies)


def come_and_go(house: House, count: int) -> None:
    with Connection(str(house.data)) as connection:
        for number in range(count):
            request: dict[str, Any] = {
                "type": "create-session",
                "location_path": str(house.home),
            }
            if number % 10 == 0:
                request["worker"] = {"type": "terminal", "command": ["sh", "-c", "sleep 600"]}
            made = connection.ask(request)
            assert made["ok"], made
            session_id = made["data"]["id"]
            message = {"role": "user", "content": "x" * 200}
            assert connection.ask(
                {"type": "add-message", "session": session_id, "message": message}
            )["ok"]
            gone = connection.ask({"type": "delete-session", "session": session_id})
            assert gone["data"] == {"deleted": True}


def does_not_grow(house: House, warm: int, count: int) -> None:
    pid = int(house.status()["daemon"]["pid"])
    come_and_go(house, warm)
    host = int(house.status()["terminal_host"]["pid"])
    before, host_before = settled(pid), settled(host)
    resident = psutil.Process(pid).memory_info().rss
    come_and_go(house, count)
    after, host_after = settled(pid), settled(host)
    for was, now in zip(before + host_before, after + host_after, strict=True):
        assert now <= was + 2, (before, after, host_before, host_after)
    assert psutil.Process(pid).memory_info().rss <= resident * 1.05 + (8 << 20)
    assert list((house.data / "workspaces" / "default" / "sessions").iterdir()) == []
    assert len(list(Path(house.data / "workspaces" / "default" / "trash").iterdir())) == (
        warm + count
    )


def settled(pid: int) -> tuple[int, int, int]:
    """The least of a few readings: what is just being closed does not count."""
    readings = []
    for _ in range(5):
        readings.append(counts(pid))
        time.sleep(0.1)
    return min(readings)


def test_sessions_that_came_and_went_leave_nothing_open(running: House) -> None:
    does_not_grow(running, 40, 150)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_5000_sessions_that_came_and_went_leave_nothing_open(running: House) -> None:
    does_not_grow(running, 200, 5000)
