"""`start`, `stop` and `restart` with the real keeper and a program in place of the daemon."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from actors.cli import daemon_process
from actors.cli.connection import Connection
from actors.cli.daemon_process import daemon_status
from actors.cli.failures import NoDaemonError
from actors.cli.processes import Process, find_keeper
from tests.actors.cli.conftest import Run

PROJECT = Path(__file__).resolve().parents[4]
STANDIN = PROJECT / "tests" / "actors" / "cli" / "standin_daemon.py"
KEEP = """
import sys
sys.path.insert(0, sys.argv[1])
from actors.keeper import keep
sys.exit(keep(sys.argv[-1], [sys.executable, *sys.argv[2:4], "--data", sys.argv[-1]]))
"""

Use = Callable[[str], None]


def keeper_words(mode: str, data: str) -> list[str]:
    head = [sys.executable, "-P", "-c", KEEP, str(PROJECT), str(STANDIN), mode]
    return [*head, "keeper", "--data", data]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, data: Path) -> Iterator[Use]:
    """Choose the stand-in's mode; whatever still runs at the end is ended."""

    def choose(mode: str) -> None:
        monkeypatch.setattr(daemon_process, "keeper_command", lambda at: keeper_words(mode, at))

    choose("serve")
    yield choose
    keeper = find_keeper(str(data))
    if keeper:
        with keeper:
            keeper.send(signal.SIGKILL)
            keeper.wait(5)
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            words = process.joinpath("cmdline").read_bytes().split(b"\0")
            if str(STANDIN).encode() in words and str(data).encode() in words:
                os.kill(int(process.name), signal.SIGKILL)


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
    process = subprocess.Popen([sys.executable, str(STANDIN), mode, "--data", str(data)])
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
    keeper = find_keeper(str(data))
    if keeper:
        keeper.close()
    return keeper is not None


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
    other = subprocess.Popen(keeper_words("serve", str(data)), cwd="/")
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
    run: Run, use: Use, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_process, "ANSWER_SECONDS", 0.2)
    process = start_standin("mute", data)
    outcome = run("stop")
    assert process.wait(10) == -15
    assert outcome.status == 0
    assert "did not answer within 0.2 s" in outcome.err
    assert "is sent SIGTERM" in outcome.err


def test_one_that_ignores_that_is_killed(
    run: Run, use: Use, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_process, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(daemon_process, "TERM_SECONDS", 0.3)
    process = start_standin("deaf", data)
    outcome = run("stop")
    assert process.wait(10) == -9
    assert (outcome.status, "is killed" in outcome.err) == (0, True)


def test_one_that_says_yes_and_stays_is_ended_by_signal(
    run: Run, use: Use, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_process, "END_SECONDS", 0.2)
    process = start_standin("stubborn", data)
    assert run("stop").status == 0
    assert process.wait(10) == -15


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
    keeper = subprocess.Popen(keeper_words("crash", str(data)), cwd="/")
    wait_until((data / "run" / "daemon.log").exists)
    outcome = run("stop")
    assert outcome == (0, "the daemon was down; its keeper is ended\n", "")
    assert keeper.wait(10) == 0


@pytest.mark.parametrize(("name", "instead"), [("start", "run"), ("stop", "halt")])
def test_start_and_stop_are_the_daemons_alone(run: Run, name: str, instead: str) -> None:
    outcome = run(name, "chat")
    assert outcome.status == 2
    assert f"for a session: greenroom {instead} chat" in outcome.err


def test_a_process_number_taken_again_is_no_keeper(data: Path) -> None:
    (data / "run").mkdir(parents=True)
    (data / "run" / "keeper.pid").write_text(f"{os.getpid()}\n")
    assert not is_kept(data)
