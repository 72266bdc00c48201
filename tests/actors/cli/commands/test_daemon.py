"""`start`, `stop` and `restart` with the real keeper and a program in place of the daemon."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actors.cli import daemon_process, directory_lock, stopping
from actors.cli.connection import Connection
from actors.cli.daemon_process import daemon_status
from actors.cli.directory_lock import is_held
from actors.cli.failures import NoDaemonError
from actors.cli.processes import Process, find, pids_of
from storage.data_dir import DataDir
from tests.actors.cli.conftest import Run

PROJECT = Path(__file__).resolve().parents[4]
STANDIN = PROJECT / "tests" / "actors" / "cli" / "standin" / "entry.py"

Use = Callable[[str], None]


def standin(role: str, data: str, mode: str) -> list[str]:
    return [sys.executable, "-P", str(STANDIN), role, "--data", data, mode]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, data: Path) -> Iterator[Use]:
    """Choose the stand-in's mode; whatever still runs at the end is ended."""

    def choose(mode: str) -> None:
        monkeypatch.setattr(
            daemon_process, "keeper_command", lambda at: standin("keeper", at, mode)
        )

    choose("serve")
    yield choose
    for role in ("keeper", "daemon"):
        for process in find(role, str(data)):
            with process:
                process.send(signal.SIGKILL)
                process.wait(5)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANSWER_SECONDS", "SOCKET_SECONDS", "END_SECONDS", "TERM_SECONDS"):
        monkeypatch.setattr(stopping, name, 0.3)


def pid_of(data: Path) -> int:
    status = daemon_status(str(data))
    assert status is not None
    return int(status["daemon"]["pid"])


def is_alive(pid: int) -> bool:
    try:
        with Process(pid) as process:
            return not process.wait(0)
    except ProcessLookupError:
        return False


def start_standin(mode: str, data: Path) -> subprocess.Popen[bytes]:
    (data / "run").mkdir(parents=True)
    process = subprocess.Popen(standin("daemon", str(data), mode))
    wait_until(lambda: is_held(str(data)))
    if mode != "closed":
        wait_until(lambda: listens(data))
    return process


def listens(data: Path) -> bool:
    try:
        Connection(str(data)).close()
    except NoDaemonError:
        return False
    return True


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_kept(data: Path) -> bool:
    return bool(pids_of("keeper", str(data)))


def test_start_waits_until_the_daemon_answers(run: Run, use: Use, data: Path) -> None:
    outcome = run("start")
    pid = pid_of(data)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"greenroom runs (pid {pid}) for {data}; next: greenroom new")
    assert is_kept(data)


def test_start_of_a_running_one_says_so(run: Run, use: Use, data: Path) -> None:
    run("start")
    pid = pid_of(data)
    assert f"already runs (pid {pid})" in run("start").out
    answer = json.loads(run("start", "--json").out)
    assert answer["data"] == {"pid": pid, "data": str(data), "already_running": True}


def test_a_daemon_that_refuses_to_start_shows_its_log(run: Run, use: Use, data: Path) -> None:
    use("fail")
    (data / "run").mkdir(parents=True)
    (data / "run" / "daemon.log").write_text("of an earlier run\n")
    outcome = run("start")
    assert outcome.status == 1
    assert outcome.err.splitlines() == [
        "  the port is taken",
        f"greenroom: the daemon did not start; its log: {data}/run/daemon.log",
    ]


def test_a_data_directory_that_is_a_file_is_refused(run: Run, use: Use, data: Path) -> None:
    data.write_text("")
    outcome = run("start")
    assert outcome.status == 1
    assert f"{data} is not a directory" in outcome.err


def test_two_starts_at_once_give_one_daemon(run: Run, use: Use, data: Path) -> None:
    data.mkdir()
    other = subprocess.Popen(standin("keeper", str(data), "serve"), cwd="/")
    assert run("start").status == 0
    assert is_kept(data)
    run("stop")
    other.wait(10)


def test_stop_ends_keeper_and_daemon(run: Run, use: Use, data: Path) -> None:
    run("start")
    pid = pid_of(data)
    outcome = run("stop")
    assert outcome == (0, f"greenroom is stopped (pid {pid})\n", "")
    assert not is_alive(pid)
    assert not is_kept(data)


def test_stop_without_a_daemon_is_status_3(run: Run, use: Use) -> None:
    assert run("stop").status == 3


def test_a_daemon_that_does_not_answer_is_ended_by_signal(
    run: Run, use: Use, data: Path, impatient: None
) -> None:
    process = start_standin("mute", data)
    outcome = run("stop")
    assert process.wait(10) == -15
    assert outcome.status == 0
    assert "did not answer stop-daemon within 0.3 s" in outcome.err
    assert "is sent SIGTERM" in outcome.err


def test_one_that_ignores_that_is_killed(run: Run, use: Use, data: Path, impatient: None) -> None:
    process = start_standin("deaf", data)
    outcome = run("stop")
    assert process.wait(10) == -9
    assert (outcome.status, "is killed" in outcome.err) == (0, True)


def test_one_that_says_yes_and_stays_is_ended_by_signal(
    run: Run, use: Use, data: Path, impatient: None
) -> None:
    process = start_standin("stubborn", data)
    assert run("stop").status == 0
    assert process.wait(10) == -15


def test_one_that_listens_nowhere_is_ended_by_signal(
    run: Run, use: Use, data: Path, impatient: None
) -> None:
    process = start_standin("closed", data)
    outcome = run("stop")
    assert process.wait(10) == -15
    assert outcome.status == 0
    assert "does not answer at its socket" in outcome.err


def test_one_that_refuses_is_ended_by_signal(
    run: Run, use: Use, data: Path, impatient: None
) -> None:
    process = start_standin("refusing", data)
    outcome = run("stop")
    assert process.wait(10) == -15
    assert (outcome.status, "not now" in outcome.err) == (0, True)


def test_who_holds_the_directory_unseen_makes_stop_fail(
    run: Run, use: Use, data: Path, impatient: None
) -> None:
    lock = DataDir(data).lock()
    outcome = run("stop")
    lock.release()
    assert outcome.status == 1
    assert "who holds the data directory is not to be seen from here" in outcome.err


def test_a_start_against_one_that_does_not_answer_names_it(
    run: Run, use: Use, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_process, "START_SECONDS", 0.3)
    monkeypatch.setattr(directory_lock, "SOCKET_RETURNS_SECONDS", 0.1)
    process = start_standin("closed", data)
    outcome = run("start")
    assert outcome.status == 1
    assert f"a daemon (pid {process.pid}) runs but does not answer" in outcome.err
    process.kill()
    process.wait(10)


def test_a_start_whose_keeper_is_ended_says_so(run: Run, use: Use, data: Path) -> None:
    use("closed")
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(run, "start")
        wait_until(lambda: is_held(str(data)))
        for keeper in find("keeper", str(data)):
            with keeper:
                keeper.send(signal.SIGTERM)
        assert outcome.result(20).status == 1
    assert "its keeper was ended" in outcome.result().err


def test_restart_is_stop_keeping_terminals_and_start(run: Run, use: Use, data: Path) -> None:
    run("start")
    before = pid_of(data)
    outcome = run("restart")
    assert outcome.status == 0
    assert pid_of(data) != before
    assert not is_alive(before)


def test_restart_starts_one_when_none_runs(run: Run, use: Use, data: Path) -> None:
    outcome = run("restart")
    assert (outcome.status, outcome.err) == (0, "no daemon was running\n")


def test_stop_ends_a_keeper_whose_daemon_is_down(run: Run, use: Use, data: Path) -> None:
    data.mkdir()
    keeper = subprocess.Popen(standin("keeper", str(data), "crash"), cwd="/")
    wait_until((data / "run" / "daemon.log").exists)
    outcome = run("stop")
    assert outcome == (0, "the daemon was down; its keeper is ended\n", "")
    assert keeper.wait(10) == 0


@pytest.mark.parametrize(("name", "instead"), [("start", "run"), ("stop", "halt")])
def test_start_and_stop_are_the_daemons_alone(run: Run, name: str, instead: str) -> None:
    outcome = run(name, "chat")
    assert outcome.status == 2
    assert f"for a session: greenroom {instead} chat" in outcome.err


def test_other_processes_are_none_of_ours(data: Path, tmp_path: Path) -> None:
    alike = [
        [sys.executable, "-P", str(STANDIN), "daemon", "--data", str(tmp_path), "closed"],
        ["sleep", "60"],
    ]
    started = [subprocess.Popen(words) for words in alike]
    wait_until(lambda: pids_of("daemon", str(tmp_path)) == [started[0].pid])
    assert pids_of("daemon", str(data)) == pids_of("keeper", str(tmp_path)) == []
    for process in started:
        process.kill()
        process.wait(10)


def test_the_callers_umask_shows_in_no_file(run: Run, use: Use, data: Path) -> None:
    for umask in (0, 0o777):
        old = os.umask(umask)
        try:
            run("start")
        finally:
            os.umask(old)
        run("stop")
        log = data / "run" / "daemon.log"
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        log.unlink()
        files = [path for path in data.rglob("*") if path.is_file()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_data_directory_that_is_a_link_is_called_one(run: Run, use: Use, data: Path) -> None:
    elsewhere = data.with_name("elsewhere")
    elsewhere.mkdir()
    data.symlink_to(elsewhere)
    outcome = run("start")
    assert outcome.status == 1
    assert outcome.err == f"greenroom: {data} is a symbolic link: name a directory with --data\n"
