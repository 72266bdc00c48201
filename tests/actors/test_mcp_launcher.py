"""Real servers that leave children behind in every way, under the real launcher."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.entry import isolated_command
from actors.mcp_launcher import NOT_FOUND_STATUS, USAGE_STATUS
from actors.process_table import look_up
from tests.fakes.actors import eventually

PATIENCE_SECONDS = 20.0
LEAVER = """
import os, signal, subprocess, sys, time
def sleeper(before=""):
    code = f"import os, signal, time\\n{before}\\nopen(f'{sys.argv[1]}/{{os.getpid()}}', 'w')\\n"
    return [sys.executable, "-c", code + "while True: time.sleep(60)"]
subprocess.Popen(sleeper())
subprocess.Popen(sleeper(), start_new_session=True)
subprocess.Popen(sleeper("signal.signal(signal.SIGTERM, signal.SIG_IGN)"), start_new_session=True)
subprocess.Popen(sleeper("if os.fork(): os._exit(0)\\nos.setsid()\\nif os.fork(): os._exit(0)"))
subprocess.Popen(sleeper(), env={}, start_new_session=True)
os.kill(subprocess.Popen(["sleep", "1000"]).pid, signal.SIGSTOP)
while len(os.listdir(sys.argv[1])) < 5: time.sleep(0.01)
print("ready", flush=True)
if sys.argv[2] == "wait": sys.stdin.read()
if sys.argv[2] == "die": os.kill(os.getpid(), signal.SIGSEGV)
if sys.argv[2] == "stay":
    while True: time.sleep(60)
sys.exit(7)
"""
LATE = """
import itertools, os, subprocess, time
from types import SimpleNamespace
from actors import mcp_launcher
script = "trap '' TERM; echo; exec sleep 1000"
child = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE)
child.stdout.readline()
seconds = itertools.count(step=60)
mcp_launcher.time = SimpleNamespace(monotonic=lambda: next(seconds), sleep=time.sleep)
print(os.waitstatus_to_exitcode(mcp_launcher._end_all(child.pid)))
"""
"""A minute passes whenever it looks at the clock."""
STAND_IN = """
import os, subprocess, sys
below = subprocess.Popen(["sleep", "1000"])
print(f"{sys.argv[1]}:{os.getpid()} {below.pid}", flush=True)
below.wait()
"""


def is_alive(pid: int) -> bool:
    entry = look_up(pid)
    return entry is not None and not entry.is_dead


class Launched:
    """A launcher whose lifeline we hold."""

    def __init__(self, *argv: str) -> None:
        read_fd, self.lifeline = os.pipe2(os.O_CLOEXEC)
        self.process = subprocess.Popen(
            isolated_command("mcp-launcher", str(read_fd), "--", *argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=(read_fd,),
        )
        os.close(read_fd)

    def let_go(self) -> None:
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1


@pytest.fixture
def launch() -> Iterator[Callable[..., Launched]]:
    made: list[Launched] = []

    def begin(*argv: str) -> Launched:
        made.append(Launched(*argv))
        return made[-1]

    yield begin
    for each in made:
        each.let_go()
        each.process.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture
def leave(
    launch: Callable[..., Launched], tmp_path: Path
) -> Callable[[str], tuple[Launched, list[int]]]:
    """A server that has left five children in five ways; their pids."""

    def begin(then: str) -> tuple[Launched, list[int]]:
        launched = launch(sys.executable, "-c", LEAVER, str(tmp_path), then)
        assert launched.process.stdout is not None
        assert launched.process.stdout.readline() == b"ready\n"
        return launched, [int(path.name) for path in tmp_path.iterdir()]

    return begin


Leave = Callable[[str], tuple[Launched, list[int]]]


def test_nobody_is_left_when_the_lifeline_ends(leave: Leave) -> None:
    launched, pids = leave("stay")
    assert all(is_alive(pid) for pid in pids)
    launched.let_go()
    assert launched.process.wait(PATIENCE_SECONDS) == -signal.SIGTERM
    assert not any(is_alive(pid) for pid in pids)


def test_nobody_is_left_when_whoever_holds_the_lifeline_is_killed(tmp_path: Path) -> None:
    read_fd, write_fd = os.pipe2(os.O_CLOEXEC)
    argv = isolated_command("mcp-launcher", str(read_fd), "--", sys.executable, "-c", LEAVER)
    holder = os.fork()
    if holder == 0:
        subprocess.Popen([*argv, str(tmp_path), "stay"], pass_fds=(read_fd,), stdout=2)
        signal.pause()
        os._exit(0)
    os.close(read_fd)
    os.close(write_fd)
    eventually(lambda: len(list(tmp_path.iterdir())) == 5)
    pids = [int(path.name) for path in tmp_path.iterdir()]
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    assert eventually(lambda: not any(is_alive(pid) for pid in pids))


@pytest.mark.parametrize(("then", "status"), [("wait", 7), ("die", -signal.SIGSEGV)])
def test_a_server_that_ends_leaves_its_status_and_nobody(
    leave: Leave, then: str, status: int
) -> None:
    launched, pids = leave(then)
    if then == "wait":
        assert launched.process.stdin is not None
        launched.process.stdin.close()
        launched.process.stdin = None
    assert launched.process.wait(PATIENCE_SECONDS) == status
    assert not any(is_alive(pid) for pid in pids)


def test_a_signal_to_the_launcher_ends_all(leave: Leave) -> None:
    launched, pids = leave("stay")
    launched.process.terminate()
    launched.process.wait(PATIENCE_SECONDS)
    assert not any(is_alive(pid) for pid in pids)


def test_the_streams_are_the_servers_alone(launch: Callable[..., Launched]) -> None:
    launched = launch("sh", "-c", "cat; exec >&- 2>&-; exec sleep 1000")
    assert launched.process.stdin is not None
    assert launched.process.stdout is not None
    launched.process.stdin.write(b"asked\n")
    launched.process.stdin.close()
    launched.process.stdin = None
    assert launched.process.stdout.read() == b"asked\n"
    assert launched.process.poll() is None


def test_what_cannot_be_started_is_said(launch: Callable[..., Launched]) -> None:
    missing = launch("/no/such/program").process
    _, said = missing.communicate(timeout=PATIENCE_SECONDS)
    assert (missing.returncode, said) == (
        NOT_FOUND_STATUS,
        b"/no/such/program: No such file or directory\n",
    )
    misused = subprocess.run(
        isolated_command("mcp-launcher", "x"), capture_output=True, check=False
    )
    assert (misused.returncode, misused.stderr[:6]) == (USAGE_STATUS, b"usage:")


def test_a_greenroom_that_a_server_started_lives_on_with_all_below_it(
    launch: Callable[..., Launched], tmp_path: Path
) -> None:
    """It is known by its command line; a stand-in has the same."""
    script = tmp_path / "entry.py"
    script.write_text(STAND_IN)
    hosts = [
        f"{sys.executable} -P {script} {role} --data /d &" for role in ("terminal-host", "none")
    ]
    launched = launch("sh", "-c", f"{' '.join(hosts)} wait")
    assert launched.process.stdout is not None
    found = dict(launched.process.stdout.readline().split(b":") for _ in hosts)
    spared, ended = (
        [int(pid) for pid in found[role].split()] for role in (b"terminal-host", b"none")
    )
    try:
        launched.let_go()
        launched.process.wait(PATIENCE_SECONDS)
        assert all(map(is_alive, spared))
        assert not any(map(is_alive, ended))
    finally:
        for pid in spared:
            os.kill(pid, signal.SIGKILL)


def test_however_late_it_looks_again_it_insists_before_it_gives_up() -> None:
    late = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True)
    assert late.stdout == f"{-signal.SIGKILL}\n"
