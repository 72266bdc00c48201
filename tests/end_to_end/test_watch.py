"""`status --watch` on a real terminal and in a pipe, with a real daemon that comes and goes."""

import json
import os
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyte
import pytest
from ptyprocess import PtyProcess

from tests.end_to_end.conftest import RUN, SECONDS, House


class Watched:
    """The terminal of a person who types `greenroom status --watch`."""

    def __init__(self, house: House, rows: int = 40, columns: int = 100) -> None:
        argv = [sys.executable, str(RUN), "--data", str(house.data), "status", "--watch"]
        self.process: Any = PtyProcess.spawn(
            argv, env={**house.environ, "TERM": "xterm", "LANG": "C.UTF-8"}, cwd=str(house.home),
            dimensions=(rows, columns),
        )  # fmt: skip
        self.modes = termios.tcgetattr(self.process.fd)
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""

    def look(self) -> str:
        """What is on the screen now."""
        while select.select([self.process.fd], [], [], 0.05)[0]:
            try:
                came = os.read(self.process.fd, 65536)
            except OSError:
                break
            self.written += came
            self._stream.feed(came)
        return "\n".join(self.screen.display)

    def sees(self, *texts: str) -> str:
        end = time.monotonic() + SECONDS
        while not all(text in self.look() for text in texts):
            assert time.monotonic() < end, (texts, self.look())
        return self.look()

    def ends(self) -> int:
        """Its exit status, the terminal being as it was."""
        end = time.monotonic() + SECONDS
        while self.process.isalive():
            assert time.monotonic() < end, self.look()
            self.look()
        self.look()
        assert termios.tcgetattr(self.process.fd) == self.modes
        assert self.written.rstrip(b"\r\n").endswith(b"\x1b[?25h\x1b[?1049l")
        return int(self.process.exitstatus)


Watch = Callable[..., Watched]


@pytest.fixture
def watch(house: House) -> Iterator[Watch]:
    made: list[Watched] = []

    def begin(**size: int) -> Watched:
        made.append(Watched(house, **size))
        return made[-1]

    yield begin
    for each in made:
        each.process.close(force=True)


def test_changes_are_seen_as_they_happen(running: House, watch: Watch) -> None:
    watched = watch()
    watched.sees("running, pid", "fronts", "q ends")
    running.run("new", str(running.home), "--title", "one", "--terminal")
    watched.sees("one ", "terminal-1 terminal")
    watched.written = b""
    watched.sees("idle")
    assert b"\x1b[2J" not in watched.written
    watched.process.write(b"q")
    assert watched.ends() == 0


def test_it_outlives_a_daemon_that_is_killed_and_one_that_is_stopped(
    running: House, watch: Watch
) -> None:
    watched = watch()
    before = running.status()["daemon"]["pid"]
    watched.sees(f"pid {before}")
    watched.sees(f"pid {running.kill_daemon()}")
    running.run("stop")
    watched.sees("greenroom  stopped", "no daemon is running for")
    running.run("start")
    watched.sees(f"pid {running.status()['daemon']['pid']}", "q ends")
    watched.process.sendintr()
    assert watched.ends() == 0


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)],
)
def test_the_terminal_is_as_before_after_a_signal(
    house: House, watch: Watch, number: signal.Signals, status: int
) -> None:
    watched = watch()
    watched.sees("greenroom  stopped")
    watched.process.kill(number)
    assert watched.ends() == status


def test_it_follows_the_size_and_can_be_moved_in(running: House, watch: Watch) -> None:
    watched = watch(rows=10, columns=60)
    watched.sees("greenroom  running", "lines 1 to 9 of")
    watched.process.write(b" ")
    assert "greenroom  running" not in watched.sees("lines 9 to 17 of")
    watched.process.write(b"b")
    watched.sees("greenroom  running")
    watched.screen.resize(50, 100)
    watched.process.setwinsize(50, 100)
    watched.sees("greenroom  running", "control")
    assert "lines 1" not in watched.look()
    watched.process.write(b"q")
    assert watched.ends() == 0


def test_while_it_is_suspended_the_terminal_is_the_shells(running: House, watch: Watch) -> None:
    watched = watch()
    watched.sees("greenroom  running")
    watched.process.write(b"\x1a")
    pid = watched.process.pid
    stat = Path(f"/proc/{pid}/stat")
    running.wait(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "the pause")
    watched.look()
    assert watched.written.endswith(b"\x1b[?1049l")
    assert termios.tcgetattr(watched.process.fd) == watched.modes
    watched.written = b""
    watched.process.kill(signal.SIGCONT)
    watched.sees("greenroom  running")
    assert b"\x1b[?1049h" in watched.written
    watched.process.write(b"q")
    assert watched.ends() == 0


def test_a_pipe_gets_a_line_of_json_for_a_change_and_ends_with_its_reader(running: House) -> None:
    argv = [sys.executable, str(RUN), "--data", str(running.data), "status", "--watch", "--json"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=running.environ) as piped:
        assert piped.stdout is not None
        assert json.loads(piped.stdout.readline())["sessions"] == []
        running.run("new", str(running.home), "--title", "one", "--terminal")
        while not (told := json.loads(piped.stdout.readline()))["sessions"]:
            pass
        assert told["sessions"][0]["title"] == "one"
        piped.stdout.close()
        assert piped.wait(SECONDS) == 0
