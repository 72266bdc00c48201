"""After `stop` nothing is left, whatever was done to the processes and files before."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from actors.cli import main, stopping, terminal_host
from actors.cli.processes import Process, pids_of
from tests.end_to_end import conftest
from tests.end_to_end.conftest import House, processes_of


def only(role: str, house: House) -> int:
    (pid,) = pids_of(role, str(house.data))
    return pid


def beside(house: House, *words: str) -> subprocess.Popen[str]:
    """A command that runs at the same time as others."""
    return subprocess.Popen(
        [sys.executable, str(conftest.RUN), "--data", str(house.data), *words],
        env=house.environ,
        cwd=house.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_while_its_keeper_brings_it_back_nobody_is_told_to_start_it(running: House) -> None:
    keeper = only("keeper", running)
    os.kill(keeper, signal.SIGSTOP)
    try:
        os.kill(only("daemon", running), signal.SIGKILL)
        said = running.run("ls", expect=3).stderr
    finally:
        os.kill(keeper, signal.SIGCONT)
    assert "its keeper brings it back; ask again in a moment" in said


def terminal(house: House, title: str = "t") -> int:
    """A session with a terminal that runs; the process id of its child."""
    house.run("new", str(house.home), "--terminal", "--title", title)

    def running() -> Any:
        return house.worker(title, "terminal-1")["process"]["pid"]

    return int(house.wait(running, "the terminal"))


def is_alive(pid: int) -> bool:
    try:
        with Process(pid) as process:
            return not process.wait(0)
    except ProcessLookupError:
        return False


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANSWER_SECONDS", "SOCKET_SECONDS", "TERM_SECONDS"):
        monkeypatch.setattr(stopping, name, 0.5)
    monkeypatch.setattr(terminal_host, "ANSWER_SECONDS", 0.5)


def stop_here(house: House) -> int:
    """`stop` in this process, with the waits of the test."""
    return main.main(["--data", str(house.data), "stop"], house.environ)


@pytest.mark.parametrize("gap_seconds", [0.0, 0.05, 0.12, 0.2, 0.3, 0.4])
def test_a_stop_beside_a_start_never_says_stopped_of_what_runs(
    house: House, gap_seconds: float
) -> None:
    for _ in range(2):
        start = beside(house, "start")
        time.sleep(gap_seconds)
        stop = beside(house, "stop")
        said = stop.communicate(timeout=60)[0], start.communicate(timeout=60)[0]
        left = processes_of(house.data)
        if start.returncode == 0 and left:
            assert pids_of("daemon", str(house.data)), said
            assert pids_of("keeper", str(house.data)), said
        else:
            assert (stop.returncode, left) == (0, []), said


def test_a_stop_while_a_daemon_boots_ends_it(house: House) -> None:
    start = beside(house, "start")
    house.wait(lambda: pids_of("daemon", str(house.data)), "a booting daemon")
    stopped = house.run("stop")
    assert processes_of(house.data) == []
    assert "greenroom is stopped" in stopped.stdout or "keeper is ended" in stopped.stdout
    start.communicate(timeout=60)


def test_a_keeper_that_waits_before_the_next_start_is_ended_too(house: House) -> None:
    house.run("start")
    house.kill_daemon()
    os.kill(only("daemon", house), signal.SIGKILL)  # the second in a row: it waits before the next
    house.run("stop")
    assert processes_of(house.data) == []


@pytest.mark.parametrize("what", ["run/control.sock", "run/daemon.pid", "run"])
def test_files_of_run_may_be_deleted(running: House, what: str) -> None:
    child = terminal(running)
    daemon = only("daemon", running)
    for command in ("status", "stop"):
        place = running.data / what
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        assert f"pid {daemon}" in running.run(command).stdout
    assert (processes_of(running.data), is_alive(child)) == ([], False)


def test_a_suspended_daemon_ends_in_order(running: House) -> None:
    child = terminal(running)
    daemon = only("daemon", running)
    os.kill(daemon, signal.SIGSTOP)
    stopped = running.run("stop")
    assert f"the daemon (pid {daemon}) was suspended" in stopped.stderr
    assert (processes_of(running.data), is_alive(child)) == ([], False)


def test_a_suspended_host_ends_with_its_terminals(running: House) -> None:
    child = terminal(running)
    host = only("terminal-host", running)
    os.kill(host, signal.SIGSTOP)
    stopped = running.run("stop")
    assert f"the terminal host (pid {host}) was suspended" in stopped.stderr
    assert (processes_of(running.data), is_alive(child)) == ([], False)


def test_where_signals_had_to_end_the_daemon_the_terminals_end_all_the_same(
    running: House,
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    child = terminal(running)
    host = only("terminal-host", running)
    os.kill(only("daemon", running), signal.SIGSTOP)
    monkeypatch.setattr(Process, "is_suspended", False)
    _never_continue(monkeypatch)
    assert stop_here(running) == 0
    said = capsys.readouterr().err
    assert "is sent SIGTERM" in said
    assert "is killed" in said
    assert f"ending the terminal host (pid {host}) and 1 terminal" in said
    assert (processes_of(running.data), is_alive(child)) == ([], False)


def test_a_host_that_does_not_end_is_named_and_stop_fails(
    running: House,
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal(running)
    running.run("stop", "--keep-terminals")
    host = only("terminal-host", running)
    os.kill(host, signal.SIGSTOP)
    with monkeypatch.context() as stubborn:
        stubborn.setattr(terminal_host, "END_SECONDS", 0.3)
        _never_continue(stubborn)
        assert stop_here(running) == 1
    assert f"still there after 0.3 s: the terminal host (pid {host})" in capsys.readouterr().err
    assert "terminal host is ended" in running.run("stop").stdout
    assert processes_of(running.data) == []


def test_terminals_that_were_kept_are_ended_by_a_later_stop(running: House) -> None:
    child = terminal(running)
    running.run("stop", "--keep-terminals")
    assert is_alive(child)
    assert "terminal host is ended" in running.run("stop").stdout
    assert (processes_of(running.data), is_alive(child)) == ([], False)
    assert running.run("stop", expect=3).stdout == ""


def test_without_its_keeper_status_and_start_say_so_and_restart_mends_it(running: House) -> None:
    terminal(running)
    end(only("keeper", running), signal.SIGTERM)
    running.wait(lambda: running.status()["keeper"] is None, "the keeper's end to be seen")
    assert "runs without a keeper" in running.run("start").stderr
    running.run("restart")
    assert running.status()["keeper"] == {"pid": only("keeper", running)}


def test_a_killed_keeper_is_followed_by_another_that_brings_the_daemon_back(
    running: House,
) -> None:
    child, after = terminal(running), 0
    for _ in range(2):  # of its parent, and of one that it started
        before, daemon = only("keeper", running), only("daemon", running)
        end(before, signal.SIGKILL)
        after = another_keeper(running, before)
        assert (only("keeper", running), only("daemon", running)) == (after, daemon)
        assert running.run("start").stdout.startswith("greenroom already runs")
    first = only("daemon", running)
    second = running.kill_daemon()
    assert (only("keeper", running), only("daemon", running)) == (after, second)
    assert first != second
    assert f"keeper: the daemon (pid {first}) ended without a word" in running.run("logs").stdout
    third = running.kill_daemon()  # now as its child
    assert (only("keeper", running), only("daemon", running)) == (after, third)
    assert is_alive(child)
    running.run("stop")
    assert processes_of(running.data) == []


def test_a_keeper_that_watches_ends_with_its_daemon(running: House) -> None:
    before = only("keeper", running)
    end(before, signal.SIGKILL)
    after = another_keeper(running, before)
    with Process(after) as keeper:
        os.kill(only("daemon", running), signal.SIGTERM)
        assert keeper.wait(60)
    assert pids_of("daemon", str(running.data)) == []


def end(pid: int, number: signal.Signals) -> None:
    with Process(pid) as process:
        process.send(number)
        assert process.wait(20)


def another_keeper(house: House, before: int) -> int:
    """The pid of another one, once it is ready: it has written its file."""

    def found() -> int | None:
        keeper = (house.status()["keeper"] or {}).get("pid")
        said = (house.data / "run" / "keeper.pid").read_text().strip()
        return keeper if keeper != before and said == str(keeper) else None

    return int(house.wait(found, "another keeper"))


def test_a_daemon_that_cannot_start_on_a_full_disk_comes_back_by_itself(running: House) -> None:
    keeper, first = only("keeper", running), only("daemon", running)
    unlimited = resource.prlimit(keeper, resource.RLIMIT_FSIZE)
    resource.prlimit(keeper, resource.RLIMIT_FSIZE, (0, unlimited[1]))
    (running.data / "README.md").unlink()  # which no start can do without
    os.kill(first, signal.SIGKILL)

    def another() -> int | None:
        return next((pid for pid in pids_of("daemon", str(running.data)) if pid != first), None)

    second = running.wait(another, "another start")
    running.wait(lambda: not is_alive(second), "its failure")
    resource.prlimit(keeper, resource.RLIMIT_FSIZE, unlimited)
    assert running.wait(running.status, "the daemon")["keeper"] == {"pid": keeper}


def _never_continue(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if whoever suspended them did it again at once."""
    send = Process.send

    def sent(process: Process, number: signal.Signals) -> None:
        if number != signal.SIGCONT:
            send(process, number)

    monkeypatch.setattr(Process, "send", sent)


def test_a_data_directory_may_be_reached_by_another_path(running: House, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(running.data)
    assert pids_of("daemon", str(link)) == pids_of("daemon", str(running.data))
