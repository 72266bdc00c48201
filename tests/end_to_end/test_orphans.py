"""Processes that are left over when daemon and terminal host are killed, and those that are not."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from actors.orphans import seen
from actors.terminals import host_files
from tests.end_to_end.conftest import RUN, House
from tests.peers.processes import alive

PROGRAM = Path(__file__).parents[1] / "peers" / "hard_to_end.py"
INNOCENTS = 100


@pytest.fixture
def innocents(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    found = [
        subprocess.Popen(["sleep", "1000"], cwd=tmp_path, start_new_session=number % 2 > 0)
        for number in range(INNOCENTS)
    ]
    yield found
    for each in found:
        each.kill()
        each.wait()


@pytest.fixture
def inner(house: House) -> Iterator[House]:
    """A greenroom that was started in a terminal of the other, with a terminal of its own."""
    made = House(house.home / "inner", house.home)
    yield made
    made.run("stop", expect=None)


def pids_in(place: Path) -> set[int]:
    return {int(path.name.rpartition("-")[2]) for path in place.iterdir()}


def leave(house: House, place: Path) -> set[int]:
    """The pids of a worker that leaves all behind, once a scan has seen them."""
    place.mkdir()
    worker = {
        "type": "terminal",
        "command": [sys.executable, str(PROGRAM), str(place)],
        "restart": "never",
    }
    request = {"type": "create-session", "location_path": str(house.home), "worker": worker}
    house.data_of(request)

    def all_seen() -> bool:
        known = {pid for pid, _ in seen.read(house.data / "workspaces")}
        return len(pids_in(place)) >= 18 and pids_in(place) <= known

    house.wait(all_seen, "a scan")
    return pids_in(place)


def kill_all(house: House) -> None:
    """Terminal host and daemon at once; the keeper brings a daemon back."""
    end_host(house)
    house.kill_daemon()


def end_host(house: House) -> None:
    host = host_files.recorded_host(house.data)
    assert host is not None
    os.kill(host.pid, signal.SIGKILL)


def test_after_a_kill_of_daemon_and_host_nothing_is_left_and_nobody_else_is_harmed(
    house: House, inner: House, innocents: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    house.run("start")
    command = f"{sys.executable} {RUN} --data {inner.data} start; sleep 1000"
    worker = {"type": "terminal", "command": ["sh", "-c", command], "restart": "never"}
    house.data_of({"type": "create-session", "location_path": "/", "worker": worker})
    house.wait(inner.status, "the greenroom in the greenroom")
    inside = inner.data_of(
        {"type": "create-session", "location_path": "/", "worker": {"type": "terminal"}}
    )
    theirs = inner.status()
    shell = inner.worker(inside["id"], inside["workers"][0]["id"])["process"]["pid"]
    inners = [theirs["daemon"]["pid"], theirs["keeper"]["pid"], theirs["terminal_host"]["pid"]]
    left = leave(house, tmp_path / "pids")
    kill_all(house)
    house.wait(partial(none_lives, left), "the end of what was left")
    assert all(map(alive, [*inners, shell]))
    assert all(each.poll() is None for each in innocents)
    house.wait(lambda: left <= {each["pid"] for each in house.status()["orphans"]["ended"]})


@pytest.mark.long
def test_no_kill_of_a_hundred_leaves_anybody(
    house: House, innocents: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    """Without a keeper, which would wait ever longer before it starts another."""
    daemon = house.daemon()
    for number in range(100):
        left = leave(house, tmp_path / f"pids-{number}")
        end_host(house)
        daemon.kill()
        daemon.wait()
        daemon = house.daemon()
        house.wait(partial(none_lives, left), f"the end of what kill {number} left")
        assert all(each.poll() is None for each in innocents)


def none_lives(pids: set[int]) -> bool:
    return not any(map(alive, pids))
