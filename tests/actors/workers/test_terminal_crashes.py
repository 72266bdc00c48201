"""Terminals that crash, that are lost, and that outlive the daemon; all of it for real."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.terminals import host_files
from storage.records import event as e
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import PATIENCE_SECONDS, House, house, pass_time
from tests.peers.processes import alive

CRASHING = ["sh", "-c", "echo about to crash; kill -9 $$"]


def kill(greenroom: House, session_id: str, worker_id: str, number: int = signal.SIGKILL) -> int:
    pid: int = greenroom.worker(session_id, worker_id).process.pid
    os.kill(pid, number)
    return pid


def restarted(greenroom: House, session_id: str, worker_id: str, before: int) -> Any:
    """Its record once another process runs."""

    def runs() -> bool:
        worker = greenroom.worker(session_id, worker_id)
        return worker.process is not None and worker.process.pid != before

    eventually(runs, seconds=PATIENCE_SECONDS)
    return greenroom.worker(session_id, worker_id)


def events(greenroom: House, session_id: str, kind: type) -> int:
    return sum(isinstance(event, kind) for event in greenroom.journal(session_id))


# Crashes.


def test_a_killed_shell_comes_back_with_one_restart_and_another_process(
    greenroom: House,
) -> None:
    session_id, worker_id = greenroom.shell()
    greenroom.shows(session_id, worker_id, "$ ")
    pid = kill(greenroom, session_id, worker_id)
    worker = restarted(greenroom, session_id, worker_id, pid)
    assert (worker.restarts, worker.status) == (1, "running")
    assert (worker.exit.signal, worker.exit.cause) == (signal.SIGKILL, "crashed")
    node = greenroom.node("sessions", session_id, worker_id)
    assert node is not None
    assert node.restarts == 1


def test_a_command_that_is_killed_comes_back_by_its_policy_alone(greenroom: House) -> None:
    command = ["sh", "-c", "echo up; read x"]
    never, of_never = greenroom.shell(command=command, restart="never")
    always, of_always = greenroom.shell(command=command, restart="always")
    kill(greenroom, never, of_never)
    pid = kill(greenroom, always, of_always)
    restarted(greenroom, always, of_always, pid)
    worker = greenroom.becomes(never, of_never, "exited")
    assert (worker.exit.cause, worker.restarts) == ("crashed", 0)
    assert "up" in (worker.last_error or "")


def test_always_brings_back_also_what_ended_in_order(greenroom: House) -> None:
    command = ["sh", "-c", "echo up; read x; exit 0"]
    session_id, worker_id = greenroom.shell(command=command, restart="always")
    pid = greenroom.worker(session_id, worker_id).process.pid
    greenroom.get("write-input", session=session_id, worker=worker_id, data="\r")
    assert restarted(greenroom, session_id, worker_id, pid).restarts == 1


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def timed(tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    with house(tmp_path, clock=clock) as running:
        yield running


def give_up(timed: House, clock: FakeClock, session_id: str, worker_id: str) -> None:
    """Let the time pass while it waits for its restarts, until there are no more of them.

    All of it must be within a period of its policy, which is a minute. Others have timers too: they
    may not use it up while its actor starts, which looks the same. So twice what it waits for each
    restart is the most that passes for it, half a minute for all.
    """
    ends: dict[int, float] = {}

    def given_up() -> bool:
        worker = timed.worker(session_id, worker_id)
        is_down = worker.status == "exited"
        if is_down and timed.state("sessions", session_id, worker_id) == "starting":
            end = ends.setdefault(worker.restarts, clock.monotonic() + 2.0**worker.restarts)
            pass_time(clock, end - clock.monotonic())
        return bool(worker.status == "quarantined")

    eventually(given_up, seconds=PATIENCE_SECONDS)


def test_a_crash_loop_ends_in_quarantine_with_its_last_output(
    timed: House, clock: FakeClock
) -> None:
    session_id = timed.create()["id"]
    worker = {"type": "terminal", "command": CRASHING, "restart": "always", "name": "loop"}
    timed.post({"type": "create-worker", "session": session_id, "worker": worker})
    eventually(lambda: timed.record(session_id).workers)
    worker_id = timed.record(session_id).workers[0].id
    give_up(timed, clock, session_id, worker_id)
    record = timed.worker(session_id, worker_id)
    assert "about to crash" in record.last_error
    assert "signal 9" in record.last_error
    assert record.restarts == 5
    node = timed.node("sessions", session_id, worker_id)
    assert node is not None
    assert node.state == "quarantined"
    timed.again()
    assert timed.awake() == set()
    assert timed.worker(session_id, worker_id).status == "quarantined"


def test_a_quarantined_worker_comes_back_when_asked(timed: House, clock: FakeClock) -> None:
    flag = timed.place / "mended"
    program = f"test -e {flag} || kill -9 $$; echo up; read x"
    session_id, worker_id = timed.shell(command=["sh", "-c", program], restart="always")
    give_up(timed, clock, session_id, worker_id)
    flag.touch()
    found = timed.get("restart-worker", session=session_id, worker=worker_id)
    assert found["status"] == "running"
    timed.shows(session_id, worker_id, "up")
    assert timed.worker(session_id, worker_id).last_error is None


# The daemon's end and the host's.


def test_a_terminal_lives_through_a_restart_of_the_daemon(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    greenroom.get("write-input", session=session_id, worker=worker_id, data="X=kept\r")
    greenroom.again()
    worker = greenroom.becomes(session_id, worker_id, "running")
    assert (worker.process.pid, worker.restarts) == (pid, 0)
    eventually(lambda: greenroom.state("sessions", session_id, worker_id) == "running")
    greenroom.get("write-input", session=session_id, worker=worker_id, data="echo is-$X\r")
    greenroom.shows(session_id, worker_id, "is-kept")


def test_a_terminal_that_ended_while_the_daemon_was_down_is_told_of(greenroom: House) -> None:
    command = ["sh", "-c", "read x; exit 7"]
    gone, of_gone = greenroom.shell(command=command)
    shell, of_shell = greenroom.shell()
    pids = [greenroom.worker(gone, of_gone).process.pid]
    pids.append(greenroom.worker(shell, of_shell).process.pid)
    greenroom.stop()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not any(alive(pid) for pid in pids))
    greenroom.start()
    assert greenroom.becomes(gone, of_gone, "exited").exit.signal == signal.SIGKILL
    assert restarted(greenroom, shell, of_shell, pids[1]).restarts == 1


def test_stopping_with_the_terminals_brings_shells_back_at_the_next_start_but_no_commands(
    greenroom: House,
) -> None:
    shell, of_shell = greenroom.shell()
    command, of_command = greenroom.shell(command=["sh", "-c", "read x"])
    pids = [
        greenroom.worker(shell, of_shell).process.pid,
        greenroom.worker(command, of_command).process.pid,
    ]
    host = host_files.recorded_host(greenroom.data.root)
    assert host is not None
    greenroom.stop(keep_terminals=False)
    assert not any(alive(pid) for pid in pids)
    eventually(lambda: not alive(host.pid))
    greenroom.start()
    worker = greenroom.becomes(shell, of_shell, "running")
    assert (worker.restarts, worker.exit.cause) == (0, "shutdown")
    assert greenroom.worker(command, of_command).status == "stopped"
    assert greenroom.worker(command, of_command).desired == "run"


def test_a_killed_host_loses_its_terminals_which_come_back_by_policy(greenroom: House) -> None:
    shell, of_shell = greenroom.shell()
    command, of_command = greenroom.shell(command=["sh", "-c", "read x"])
    pid = greenroom.worker(shell, of_shell).process.pid
    host = host_files.recorded_host(greenroom.data.root)
    assert host is not None
    os.kill(host.pid, signal.SIGKILL)
    worker = restarted(greenroom, shell, of_shell, pid)
    assert (worker.exit.cause, worker.restarts) == ("lost", 1)
    greenroom.shows(shell, of_shell, "$ ")
    assert greenroom.becomes(command, of_command, "lost").exit.cause == "lost"
    again = host_files.recorded_host(greenroom.data.root)
    assert again is not None
    assert again.pid != host.pid
    assert greenroom.state("terminal_link") == "running"


def test_a_host_that_went_while_the_daemon_was_down_loses_its_terminals(
    greenroom: House,
) -> None:
    session_id, worker_id = greenroom.shell()
    pid = greenroom.worker(session_id, worker_id).process.pid
    host = host_files.recorded_host(greenroom.data.root)
    assert host is not None
    greenroom.stop()
    os.kill(host.pid, signal.SIGKILL)
    eventually(lambda: not alive(host.pid))
    greenroom.start()
    worker = restarted(greenroom, session_id, worker_id, pid)
    assert (worker.exit.cause, worker.restarts) == ("lost", 1)


def test_input_that_the_host_never_confirmed_is_answered(greenroom: House) -> None:
    session_id, worker_id = greenroom.shell(command=["sh", "-c", "read x"])
    host = host_files.recorded_host(greenroom.data.root)
    assert host is not None
    os.kill(host.pid, signal.SIGSTOP)
    order = {"type": "write-input", "session": session_id, "worker": worker_id, "data": "x"}
    futures = [greenroom.post(order) for _ in range(3)]
    eventually(lambda: events(greenroom, session_id, e.InputWritten) == 3)
    os.kill(host.pid, signal.SIGKILL)
    codes = set()
    for future in futures:
        error = future.result(PATIENCE_SECONDS).error
        codes.add(error.code if error else "done")
    assert codes <= {"outcome-unknown", "worker-not-running"}
