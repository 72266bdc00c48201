"""The sweep on real processes: what is left over ends, and nobody else does."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.messages.orphans import Owner
from actors.orphans import seen, sweeper
from actors.terminals import host_files
from actors.terminals.identity import identify
from storage.data_dir import DataDir
from storage.records import event as e
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House
from tests.peers.hard_to_end import BULK
from tests.peers.processes import alive

PROGRAM = Path(__file__).parents[2] / "peers" / "hard_to_end.py"
KINDS = {"leader", "ignores", "stopped", "setsid", "double", "cleared", "bulk"}
COUNT = len(KINDS) - 1 + BULK
INNOCENTS = 20
PATIENCE = 30.0


@pytest.fixture
def innocents(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Somebody's own: some in the session's directory, some with the mark of another greenroom."""
    found = [innocent(tmp_path, number) for number in range(INNOCENTS)]
    yield found
    for each in found:
        each.kill()
        each.wait()


def innocent(tmp_path: Path, number: int) -> subprocess.Popen[bytes]:
    other = DataDir(tmp_path / "other")
    theirs = {"GREENROOM_INSTANCE": other.instance, "GREENROOM_WORKER": "their/worker"}
    return subprocess.Popen(
        ["sleep", "1000"],
        env={**os.environ, **(theirs if number % 2 else {})},
        cwd=tmp_path / "place" if number % 3 else "/",
        start_new_session=number % 5 > 0,
    )


class Left:
    """A worker whose program has left everything behind that it can."""

    def __init__(self, greenroom: House, place: Path) -> None:
        self.greenroom = greenroom
        place.mkdir()
        command = [sys.executable, str(PROGRAM), str(place)]
        self.session, self.worker = greenroom.shell(command=command, restart="never")
        eventually(lambda: len(list(place.iterdir())) == COUNT, seconds=PATIENCE)
        names = [path.name.rpartition("-") for path in place.iterdir()]
        assert {kind for kind, _, _ in names} == KINDS
        self.pids = {int(pid): kind for kind, _, pid in names}

    def seen(self) -> None:
        """Wait for one scan."""
        workspaces = self.greenroom.data.workspaces
        eventually(
            lambda: self.pids.keys() <= {pid for pid, _ in seen.read(workspaces)}, seconds=PATIENCE
        )

    def gone(self) -> None:
        eventually(lambda: not any(map(alive, self.pids)), seconds=PATIENCE)

    def recorded(self) -> dict[int, Any]:
        """By pid, what the journal says was ended."""
        events = self.greenroom.journal(self.session)
        ended = [event for event in events if isinstance(event, e.OrphansEnded)]
        assert {event.worker_id for event in ended} <= {self.worker}
        return {process.pid: process for event in ended for process in event.processes}


@pytest.fixture
def left(greenroom: House, innocents: object, tmp_path: Path) -> Iterator[Left]:
    made = Left(greenroom, tmp_path / "pids")
    yield made
    for pid in filter(alive, made.pids):
        os.kill(pid, signal.SIGKILL)


Innocents = list[subprocess.Popen[bytes]]


def all_live(innocents: Innocents) -> bool:
    return all(each.poll() is None for each in innocents)


def kill_host(greenroom: House) -> None:
    host = host_files.recorded_host(greenroom.data.root)
    assert host is not None
    os.kill(host.pid, signal.SIGKILL)
    eventually(lambda: not alive(host.pid))


@pytest.fixture
def no_regular_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper, "SCAN_SECONDS", 1e6)


def test_the_mark_of_one_that_has_just_begun_is_known_before_the_next_look(
    no_regular_scan: None, greenroom: House
) -> None:
    """By it what it starts is found, also when all of greenroom is killed at once."""
    session_id, worker_id = greenroom.shell(command=["sleep", "600"])
    process = greenroom.becomes(session_id, worker_id, "running").process
    assert process is not None
    workspaces = greenroom.data.workspaces
    eventually(lambda: process.nonce in {o.nonce for o in seen.read(workspaces).values()})


def test_what_escapes_a_worker_that_ended_before_anybody_looked_is_known_by_its_mark(
    no_regular_scan: None, greenroom: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its environment is cleared, its session is its own, and nobody is above it any more."""
    monkeypatch.setattr(sweeper, "AFTER_END_SECONDS", 1e6)
    file = tmp_path / "pid"
    bare = f"env -i setsid sh -c 'echo $$ > {file}; exec sleep 600'"
    command = ["sh", "-c", f"{bare} & until [ -s {file} ]; do :; done"]
    session_id, worker_id = greenroom.shell(command=command, restart="never")
    greenroom.becomes(session_id, worker_id, "exited")
    pid = int(file.read_text())
    try:
        key = f"{session_id}/{worker_id}"
        (found,) = eventually(lambda: greenroom.get("get-status")["orphans"]["found"])
        assert (found["pid"], found["worker"], found["kind"]) == (pid, key, "left")
    finally:
        os.kill(pid, signal.SIGKILL)


def test_what_a_killed_host_leaves_is_ended_and_recorded(left: Left, innocents: Innocents) -> None:
    left.seen()
    kill_host(left.greenroom)
    left.gone()
    assert all_live(innocents)
    eventually(lambda: left.recorded().keys() == left.pids.keys())
    assert all(each.gone for each in left.recorded().values())
    assert {each.signal for each in left.recorded().values()} == {signal.SIGKILL}
    assert left.greenroom.becomes(left.session, left.worker, "lost")


def test_what_was_left_while_no_daemon_ran_is_swept_at_the_start(
    left: Left, innocents: Innocents
) -> None:
    left.seen()
    left.greenroom.stop()
    kill_host(left.greenroom)
    left.greenroom.start()
    left.gone()
    assert all_live(innocents)
    eventually(lambda: left.recorded().keys() == left.pids.keys())


def test_a_restart_of_the_daemon_touches_nothing_of_what_the_host_holds(left: Left) -> None:
    left.greenroom.again()
    left.greenroom.becomes(left.session, left.worker, "running")
    assert left.greenroom.get("cleanup-orphans")["ended"] == []
    assert all(map(alive, left.pids))


def test_a_stop_ends_also_what_left_the_workers_process_session(
    left: Left, innocents: Innocents
) -> None:
    left.seen()
    left.greenroom.get("stop-worker", session=left.session, worker=left.worker)
    left.gone()
    assert all_live(innocents)


def test_a_stop_of_all_leaves_nobody(left: Left, innocents: Innocents) -> None:
    left.seen()
    left.greenroom.stop(keep_terminals=False)
    assert not any(map(alive, left.pids))
    assert all_live(innocents)
    assert left.pids.keys() - left.recorded().keys() <= {
        pid for pid, kind in left.pids.items() if kind in {"leader", "ignores", "stopped"}
    }


def test_a_number_that_was_taken_again_is_somebody_elses(
    greenroom: House, innocents: Innocents
) -> None:
    greenroom.stop()
    owner = Owner("gone/worker", "nonce", "kill")
    born = {each.pid: identify(each.pid, "").start_ticks for each in innocents}
    earlier = {(pid, ticks - 1): owner for pid, ticks in born.items()}
    seen.write(greenroom.data.workspaces, earlier)
    greenroom.start()
    assert greenroom.get("cleanup-orphans") == {"ended": [], "left": []}
    assert all_live(innocents)


def test_what_belongs_to_a_session_that_cannot_be_read_runs_on_until_somebody_ends_it(
    left: Left, innocents: Innocents
) -> None:
    greenroom = left.greenroom
    left.seen()
    greenroom.stop()
    kill_host(greenroom)
    journal = greenroom.data.session("default", left.session) / "journal.jsonl"
    text = journal.read_bytes()
    journal.write_bytes(text.replace(b"worker-created", b"worker-cremated", 1))
    greenroom.start()

    def kinds() -> set[str]:
        found = greenroom.get("get-status")["orphans"]["found"]
        return {each["kind"] for each in found if each["pid"] in left.pids}

    eventually(lambda: kinds() == {"unclaimed"}, seconds=PATIENCE)
    assert all(map(alive, left.pids.keys() - hung_up(left)))
    greenroom.get("cleanup-orphans")
    assert not any(map(alive, left.pids))
    assert all_live(innocents)


def hung_up(left: Left) -> set[int]:
    """The kernel itself ends a stopped process group when nobody is left to continue it."""
    return {pid for pid, kind in left.pids.items() if kind == "stopped"}


def test_what_a_shell_leaves_is_shown_until_somebody_wants_it_ended(
    greenroom: House, tmp_path: Path, innocents: Innocents
) -> None:
    session, worker = greenroom.shell()
    file = tmp_path / "pid"
    text = f"setsid -f sh -c 'echo $$ >{file}; exec sleep 1000'\r"
    greenroom.get("write-input", session=session, worker=worker, data=text)
    eventually(lambda: file.exists() and file.read_text().strip(), seconds=PATIENCE)
    pid = int(file.read_text())
    greenroom.get("stop-worker", session=session, worker=worker)

    def shown() -> list[Any]:
        return [
            each for each in greenroom.get("get-status")["orphans"]["found"] if each["pid"] == pid
        ]

    eventually(lambda: shown() and shown()[0]["kind"] == "listed", seconds=PATIENCE)
    greenroom.again()
    eventually(shown, seconds=PATIENCE)
    assert alive(pid)
    assert [each["pid"] for each in greenroom.get("cleanup-orphans")["ended"]] == [pid]
    assert not alive(pid)
    assert all_live(innocents)
    assert greenroom.get("get-status")["orphans"]["ended"][0]["pid"] == pid


def test_what_shows_itself_after_the_end_of_its_worker_is_shown_by_the_next_scan(
    greenroom: House, tmp_path: Path
) -> None:
    session, worker = greenroom.shell()
    other, runs_on = greenroom.shell()
    greenroom.get("stop-worker", session=session, worker=worker)
    file = tmp_path / "pid"
    mark = f"GREENROOM_WORKER={session}/{worker}"
    text = f"{mark} setsid -f sh -c 'echo $$ >{file}; exec sleep 1000'\r"
    greenroom.get("write-input", session=other, worker=runs_on, data=text)
    eventually(lambda: file.exists() and file.read_text().strip(), seconds=PATIENCE)
    pid = int(file.read_text())

    def is_shown() -> bool:
        return pid in {each["pid"] for each in greenroom.get("get-status")["orphans"]["found"]}

    eventually(is_shown, seconds=PATIENCE)
    assert [each["pid"] for each in greenroom.get("cleanup-orphans")["ended"]] == [pid]


def test_nothing_is_swept_while_a_host_holds_its_lock_and_cannot_be_reached(left: Left) -> None:
    left.seen()
    left.greenroom.stop()
    host = host_files.recorded_host(left.greenroom.data.root)
    assert host is not None
    os.kill(host.pid, signal.SIGSTOP)
    try:
        left.greenroom.start()
        assert left.greenroom.refused("cleanup-orphans") in {"host-unreachable", "starting"}
        assert all(map(alive, left.pids))
    finally:
        os.kill(host.pid, signal.SIGCONT)


def test_what_a_server_of_tools_left_is_swept_once_its_launcher_has_gone(
    greenroom: House, tmp_path: Path, innocents: Innocents
) -> None:
    """A launcher that lives ends all of it: only one that was killed cannot."""
    file = tmp_path / "pids"
    script = f"setsid sleep 1000 & echo $PPID $! >{file}; exec sleep 1000"
    server = {"command": "sh", "args": ["-c", script]}
    greenroom.write_workspace({"mcp_servers": {"stubborn": {**server, "scope": "workspace"}}})
    eventually(lambda: file.exists() and file.read_text().strip(), seconds=PATIENCE)
    launcher, left = map(int, file.read_text().split())
    greenroom.write_workspace({})
    os.kill(launcher, signal.SIGKILL)
    eventually(lambda: not alive(launcher))
    assert alive(left)
    greenroom.again()
    eventually(lambda: not alive(left), seconds=PATIENCE)
    assert all_live(innocents)


def test_what_lost_every_mark_below_a_launcher_that_was_killed_is_found_by_the_next_scan(
    greenroom: House, tmp_path: Path, innocents: Innocents
) -> None:
    file = tmp_path / "pids"
    script = f"env -i setsid sleep 1000 & echo $PPID $! >{file}; exec sleep 1000"
    server = {"command": "sh", "args": ["-c", script]}
    greenroom.write_workspace({"mcp_servers": {"stubborn": {**server, "scope": "workspace"}}})
    eventually(lambda: file.exists() and file.read_text().strip(), seconds=PATIENCE)
    launcher, left = map(int, file.read_text().split())

    def is_seen() -> bool:
        return left in {pid for pid, _ in seen.read(greenroom.data.workspaces)}

    eventually(is_seen, seconds=PATIENCE)
    greenroom.write_workspace({})
    os.kill(launcher, signal.SIGKILL)
    eventually(lambda: not alive(left), seconds=PATIENCE)
    assert all_live(innocents)
    eventually(lambda: not is_seen(), seconds=PATIENCE)
    found = greenroom.get("get-status")["orphans"]
    assert (left, None) in {(each["pid"], each["worker"]) for each in found["ended"]}
