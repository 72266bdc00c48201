"""Processes that are left over when daemon and terminal host are killed, and those that are not."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from actors.orphans import seen
from actors.process_table import all_processes, become_subreaper, look_up
from actors.terminals import host_files
from tests.end_to_end.conftest import RUN, SECONDS, House
from tests.peers.hard_to_end import BULK
from tests.peers.processes import alive

PROGRAM = Path(__file__).parents[1] / "peers" / "hard_to_end.py"
LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
COUNT = BULK + 6
INNOCENTS = 100
LEFT_SECONDS = 5.0
"""Once a daemon answers, nobody may be left for longer."""

Innocent = subprocess.Popen[bytes]
Identity = tuple[int, int]
"""Pid and start ticks."""


@pytest.fixture
def innocents(tmp_path: Path) -> Iterator[list[Innocent]]:
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


def born_in(place: Path) -> set[Identity]:
    """Those that wrote themselves down there, as far as they live."""
    pids = (int(path.name.rpartition("-")[2]) for path in place.iterdir())
    entries = [entry for pid in pids if (entry := look_up(pid))]
    return {(entry.pid, entry.start_ticks) for entry in entries if not entry.is_dead}


def leave(house: House, place: Path) -> set[Identity]:
    """A worker that leaves all behind, once a scan has seen them."""
    place.mkdir()
    worker = {
        "type": "terminal",
        "command": [sys.executable, str(PROGRAM), str(place)],
        "restart": "never",
    }
    request = {"type": "create-session", "location_path": str(house.home), "worker": worker}
    house.data_of(request)
    return seen_in(house, place)


def seen_in(house: House, place: Path) -> set[Identity]:
    def all_seen() -> set[Identity] | None:
        there = born_in(place)
        is_seen = there <= seen.read(house.data / "workspaces").keys()
        return there if len(there) == COUNT and is_seen else None

    found: set[Identity] = house.wait(all_seen, "a scan")
    return found


def end_host(house: House) -> None:
    host = host_files.recorded_host(house.data)
    assert host is not None
    os.kill(host.pid, signal.SIGKILL)


def lives(process: Identity) -> bool:
    """The number alone says nothing."""
    entry = look_up(process[0])
    return entry is not None and entry.start_ticks == process[1] and not entry.is_dead


def none_lives(processes: set[Identity]) -> bool:
    return not any(map(lives, processes))


def test_after_a_kill_of_daemon_and_host_a_greenroom_in_a_terminal_lives_on(
    house: House, inner: House, innocents: list[Innocent], tmp_path: Path
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
    end_host(house)
    house.kill_daemon()
    house.wait(partial(none_lives, left), "the end of what was left")
    assert all(map(alive, [*inners, shell]))
    assert all(each.poll() is None for each in innocents)
    pids = {pid for pid, _ in left}
    house.wait(lambda: pids <= {each["pid"] for each in house.status()["orphans"]["ended"]})


class Rounds:
    """Kills, each with a worker and an MCP server that leave all behind.

    Without a keeper, which would wait ever longer before it starts another daemon.
    """

    def __init__(self, house: House, innocents: list[Innocent], place: Path) -> None:
        self._house = house
        self._innocents = innocents
        self._place = place
        self._servers = place / "servers"
        self._servers.mkdir()
        arguments = [str(PROGRAM), str(self._servers), "server"]
        server = {"command": sys.executable, "args": arguments, "scope": "workspace"}
        house.workspace({"mcp_servers": {"stubborn": server}})
        self._daemon = house.daemon()
        self.taken_again = 0

    def run(self, number: int, seconds: float) -> int:
        """The first kills daemon and host, the second their launchers too, the third the host.

        How many were ended, of which none is left.
        """
        worker = leave(self._house, self._place / f"worker-{number}")
        server = seen_in(self._house, self._servers)
        end_host(self._house)
        if number % 3 == 2:
            left = worker
            self._house.wait(partial(none_lives, left), "the end of the worker", seconds)
            assert all(map(lives, server))
        else:
            self._kill_daemon(with_launchers=number % 3 == 1)
            self._take_again(next(iter((self._place / f"worker-{number}").glob("double-*"))))
            self._daemon = self._house.daemon()
            left = worker | server
            self._house.wait(partial(none_lives, left), f"the end of what {number} left", seconds)
        assert all(each.poll() is None for each in self._innocents)
        return len(left)

    def end(self) -> None:
        self._house.workspace({})
        self._daemon.terminate()
        self._daemon.wait()

    def _kill_daemon(self, *, with_launchers: bool) -> None:
        launchers = [
            each.pid
            for each in all_processes()
            if each.parent == self._daemon.pid and each.pid == each.session
        ]
        self._daemon.kill()
        for pid in launchers if with_launchers else []:
            with suppress(ProcessLookupError):  # one that was quicker has ended what it had
                os.kill(pid, signal.SIGKILL)
        self._daemon.wait()
        for path in self._servers.iterdir():  # their numbers may become somebody else's
            path.unlink()

    def _take_again(self, file: Path) -> None:
        """One that was seen is gone, and somebody else has its number, if only on record."""
        pid = int(file.name.rpartition("-")[2])
        workspaces = self._house.data / "workspaces"
        known = seen.read(workspaces)
        owner = next(owner for (number, _), owner in known.items() if number == pid)
        planted = {(each.pid, ticks_of(each.pid) - 1): owner for each in self._innocents}
        seen.write(workspaces, known | planted)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        innocent = born_as(pid)
        if innocent:
            self._innocents.append(innocent)
            self.taken_again += 1


def ticks_of(pid: int) -> int:
    entry = look_up(pid)
    assert entry is not None
    return entry.start_ticks


def born_as(pid: int) -> Innocent | None:
    """A process with that number, where the kernel lets it be chosen and nobody else is faster."""
    for _ in range(50):
        try:
            LAST_PID.write_text(str(pid - 1))
        except OSError:
            return None
        born = subprocess.Popen(["sleep", "1000"])
        if born.pid == pid:
            return born
        born.kill()
        born.wait()
    return None


@pytest.fixture
def reaper() -> Iterator[None]:
    """Orphans come to us, and their numbers are free as soon as we want it."""
    become_subreaper()
    yield
    become_subreaper(wanted=False)
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


@pytest.fixture
def rounds(
    reaper: None, house: House, innocents: list[Innocent], tmp_path: Path
) -> Iterator[Rounds]:
    made = Rounds(house, innocents, tmp_path)
    yield made
    made.end()


def test_whatever_is_killed_nobody_is_left_and_nobody_else_is_harmed(rounds: Rounds) -> None:
    ended = [rounds.run(number, SECONDS) for number in range(3)]
    assert min(ended) > 5


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_kill_of_a_hundred_leaves_anybody(rounds: Rounds) -> None:
    for number in range(150):  # two of three are kills of the daemon
        assert rounds.run(number, LEFT_SECONDS) > 5
    print(f"{rounds.taken_again} numbers were taken again")  # noqa: T201 - a figure of the long run
