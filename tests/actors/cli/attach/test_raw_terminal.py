"""A terminal that is raw for a while, and as before on every way out."""

import os
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from ptyprocess import PtyProcess

from actors.cli.attach.raw_terminal import RawTerminal

ROOT = Path(__file__).parents[4]


class Pair(NamedTuple):
    """The two sides of one: what a person sees, and the terminal."""

    person: int
    terminal: int

    def read(self) -> bytes:
        """All that was shown."""
        os.set_blocking(self.person, False)
        shown = b""
        with suppress(BlockingIOError):
            while True:
                shown += os.read(self.person, 65536)
        return shown


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair(*os.openpty())
    yield made
    for fd in made:
        os.close(fd)


def test_a_fault_puts_it_back_with_all_that_was_switched_on(pair: Pair) -> None:
    before = termios.tcgetattr(pair.terminal)
    terminal = RawTerminal(pair.terminal, pair.terminal)

    def fail() -> None:
        with terminal:
            assert termios.tcgetattr(pair.terminal) != before
            terminal.show(b"\x1b[?1049h\x1b[?1002h\x1b[?25l\x1b[>1u")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert termios.tcgetattr(pair.terminal) == before
    shown = pair.read()
    for undone in (b"\x1b[?1049l", b"\x1b[?1002l", b"\x1b[?25h", b"\x1b[<1u"):
        assert undone in shown


def test_it_is_put_back_once(pair: Pair) -> None:
    terminal = RawTerminal(pair.terminal, pair.terminal)
    with terminal:
        terminal.put_back()
        pair.read()
    assert pair.read() == b""


def test_what_is_no_terminal_is_refused() -> None:
    reading, writing = os.pipe()
    with pytest.raises(termios.error), RawTerminal(reading, writing):
        pass
    os.close(reading)
    os.close(writing)


def test_a_terminal_that_went_away_has_no_more_to_read(pair: Pair) -> None:
    with RawTerminal(pair.terminal, pair.terminal) as terminal:
        os.write(pair.person, b"x")
        assert terminal.read() == b"x"
    gone = RawTerminal(99999, 99999)
    assert gone.read() == b""
    assert gone.size == (80, 24)


BACKGROUND = """
import os, signal
from actors.cli.attach.raw_terminal import RawTerminal
pid = os.fork()
if not pid:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, lambda *_: None)
    with RawTerminal(0, 1):
        os._exit(7)
_, status = os.waitpid(pid, os.WUNTRACED)
assert os.WIFSTOPPED(status)
os.kill(pid, signal.SIGTERM)
os.tcsetpgrp(0, pid)
os.kill(pid, signal.SIGCONT)
print("code", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


def test_one_that_waited_in_the_background_goes_on_when_it_is_continued() -> None:
    process = PtyProcess.spawn([sys.executable, "-c", BACKGROUND], cwd=str(ROOT))
    shown = b""
    with suppress(EOFError):
        while True:
            shown += process.read()
    process.wait()
    assert b"code 7" in shown
