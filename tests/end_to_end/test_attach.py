"""A person at a worker's terminal: what is typed arrives once, and the own terminal comes back."""

import os
import select
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ptyprocess import PtyProcess

from actors.cli.attach.signals import ENDING
from actors.cli.processes import pids_of
from tests.end_to_end.conftest import RUN, SECONDS, House

DETACH = b"\x1c"
KEEPER = (
    "import os, sys, tty\n"
    "tty.setraw(0)\n"
    "print('ready', flush=True)\n"
    "with open(sys.argv[1], 'ab', buffering=0) as file:\n"
    "    while typed := os.read(0, 65536):\n"
    "        file.write(typed)\n"
    "        os.write(1, b'.' * len(typed))\n"
)
DRAWER = (
    "import os, signal, sys, time\n"
    "def draw(*_):\n"
    "    size = os.get_terminal_size()\n"
    "    print(f'\\x1b[Hdrawn {size.columns}x{size.lines}', flush=True)\n"
    "signal.signal(signal.SIGWINCH, draw)\n"
    "print('\\x1b[?1049h\\x1b[?1002h\\x1b[6n', flush=True)\n"
    "while True: time.sleep(60)\n"
)


class Screen:
    """`greenroom attach` on a terminal of its own."""

    def __init__(self, house: House, *words: str, rows: int = 24, cols: int = 80) -> None:
        argv = [sys.executable, str(RUN), "--data", str(house.data), "attach", *words]
        self.process: Any = PtyProcess.spawn(
            argv, env={**house.environ, "TERM": "xterm"}, cwd=str(house.home),
            dimensions=(rows, cols),
        )  # fmt: skip
        self.modes = termios.tcgetattr(self.process.fd)
        self.seen = b""

    def sees(self, *texts: bytes) -> bytes:
        """What came since the last look, once all of `texts` are in it."""
        end = time.monotonic() + SECONDS
        while not all(text in self.seen for text in texts):
            assert time.monotonic() < end, (texts, self.seen[-2000:])
            assert self._read(), (texts, self.seen[-2000:])
        seen, self.seen = self.seen, b""
        return seen

    def _read(self) -> bool:
        if select.select([self.process.fd], [], [], 0.1)[0]:
            try:
                self.seen += os.read(self.process.fd, 65536)
            except OSError:
                return False
        return True

    def type(self, typed: bytes) -> None:
        os.write(self.process.fd, typed)

    def ends(self) -> tuple[int, bytes]:
        """Its exit status, and the rest of what it showed; the terminal is as it was before."""
        end = time.monotonic() + SECONDS
        while self.process.isalive():
            assert time.monotonic() < end, self.seen[-2000:]
            self._read()
        assert termios.tcgetattr(self.process.fd) == self.modes
        while select.select([self.process.fd], [], [], 0)[0] and self._read():
            pass
        return self.process.exitstatus, self.seen


@pytest.fixture
def attach(house: House) -> Iterator[Callable[..., Screen]]:
    screens: list[Screen] = []

    def begin(*words: str, **size: int) -> Screen:
        screens.append(Screen(house, *words, **size))
        return screens[-1]

    yield begin
    for screen in screens:
        screen.process.close(force=True)


Attach = Callable[..., Screen]


def shell(house: House, *command: str) -> None:
    """Session `one` with a terminal that runs `command`, up by now."""
    house.run("new", str(house.home), "--title", "one", "--terminal", "--", *(command or ["sh"]))
    house.wait(lambda: house.worker("one", "terminal-1")["process"], "the terminal")


def keeper(house: House) -> Path:
    """A program that keeps every byte typed into it, in the file that is given back."""
    kept = house.home / "typed"
    shell(house, sys.executable, "-c", KEEPER, str(kept))
    house.wait(kept.exists, "the program")
    return kept


def test_it_is_as_if_the_program_had_been_started_here(house: House, attach: Attach) -> None:
    house.run("start")
    shell(house)
    screen = attach("one", cols=91)
    screen.sees(b"$ ")
    screen.type(b"echo $((6*7)); sleep 0.2; stty size\r")
    screen.sees(b"42\r\n", b"24 91")
    screen.process.setwinsize(33, 99)
    screen.type(b"sleep 0.2; stty size\r")
    screen.sees(b"33 99")
    screen.type(b"exit 7\r")
    status, shown = screen.ends()
    assert (status, b"one ended with code 7" in shown) == (0, True)


def test_who_detaches_finds_it_again_as_it_was(house: House, attach: Attach) -> None:
    house.run("start")
    shell(house)
    screen = attach("one/terminal-1")
    screen.sees(b"$ ")
    screen.type(b"said=before\r")
    screen.sees(b"before\r\n")
    screen.type(b"echo ahead" + DETACH + b"never")
    status, shown = screen.ends()
    assert (status, b"detached from one/terminal-1" in shown) == (0, True)
    again = attach("one")
    again.sees(b"said=before", b"echo ahead")
    again.type(b" $said\r")
    again.sees(b"ahead before\r\n")
    assert b"never" not in again.seen


def test_what_was_typed_before_the_key_that_detaches_is_typed(house: House, attach: Attach) -> None:
    """Also when the host has not confirmed yet what was typed before that."""
    house.run("start")
    shell(house)
    screen = attach("one/terminal-1")
    screen.sees(b"$ ")
    host = house.status()["terminal_host"]["pid"]
    os.kill(host, signal.SIGSTOP)
    screen.type(b"echo one")
    time.sleep(0.2)  # so that it is a write of its own
    screen.type(b" two" + DETACH)
    time.sleep(0.2)
    assert screen.process.isalive()
    os.kill(host, signal.SIGCONT)
    assert screen.ends()[0] == 0
    attach("one").sees(b"echo one two")


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_puts_the_terminal_back(house: House, attach: Attach, number: int) -> None:
    house.run("start")
    shell(house)
    screen = attach("one")
    screen.sees(b"$ ")
    os.kill(screen.process.pid, number)
    status, shown = screen.ends()
    assert (status, signal.Signals(number).name.encode() in shown) == (1, True)
    attach("one").sees(b"$ ")


def test_typing_goes_on_while_the_daemon_is_killed_again_and_again(
    house: House, attach: Attach
) -> None:
    house.run("start")
    kept = keeper(house)
    screen = attach("one")
    screen.sees(b"ready")
    typed = b""
    for turn in range(3):
        for number in range(40):
            piece = b"%d:%d;" % (turn, number)
            screen.type(piece)
            typed += piece
        house.kill_daemon()
    house.run("stop", "--keep-terminals")
    screen.type(b"the end")
    typed += b"the end"
    house.wait(lambda: len(kept.read_bytes()) >= len(typed), "what was typed")
    assert kept.read_bytes() == typed
    screen.type(DETACH)
    assert screen.ends()[0] == 0
    again = attach("one")  # no daemon answers: the files and the host do
    again.sees(b"ready")
    again.type(b"!")
    house.wait(lambda: kept.read_bytes() == typed + b"!", "what was typed")


def test_the_end_of_the_host_is_told(house: House, attach: Attach) -> None:
    house.run("start")
    shell(house)
    screen = attach("one")
    screen.sees(b"$ ")
    os.kill(pids_of("terminal-host", str(house.data))[0], signal.SIGKILL)
    status, shown = screen.ends()
    assert (status, b"one: " in shown) == (1, True)


def test_one_types_and_others_watch(house: House, attach: Attach) -> None:
    house.run("start")
    kept = keeper(house)
    first = attach("one")
    first.sees(b"ready")
    first.type(b"a")
    first.sees(b".")
    refused = attach("one")
    status, shown = refused.ends()
    assert (status, b"types since" in shown, b"--take" in shown) == (1, True, True)
    assert b"ready" not in shown  # nothing was drawn for that
    watcher = attach("one", "--watch")
    watcher.sees(b"ready")
    watcher.type(b"lost")
    first.type(b"b")
    watcher.sees(b".", b"\x07")
    second = attach("one", "--take")
    second.sees(b"ready")
    first.sees(b"types now; you watch")
    first.type(b"lost")
    first.sees(b"\x07")
    second.type(b"c")
    second.sees(b".")
    assert kept.read_bytes() == b"abc"
    for screen in (first, watcher, second):
        screen.type(DETACH)
        assert screen.ends()[0] == 0


def test_a_full_screen_program_draws_anew_and_is_left_clean(house: House, attach: Attach) -> None:
    house.run("start")
    shell(house, sys.executable, "-c", DRAWER)
    house.wait(lambda: "?1049h" in house.run("output", "one/terminal-1", "--raw").stdout)
    screen = attach("one")
    shown = screen.sees(b"drawn 80x24")
    assert b"\x1b[?1049h" in shown
    assert b"\x1b[6n" not in shown
    screen.type(DETACH)
    _, shown = screen.ends()
    assert b"\x1b[?1002l\x1b[?1049l" in shown


def test_a_status_line_says_who_types(house: House, attach: Attach) -> None:
    house.run("start")
    shell(house)
    screen = attach("one", "--status", "--detach-key", "C-a")
    screen.sees(b"C-a detaches", b" types")
    screen.type(b"sleep 0.2; stty size\r")
    screen.sees(b"23 80")
    screen.type(b"\x01")
    assert screen.ends()[0] == 0


def test_suspended_it_gives_the_terminal_back_meanwhile(house: House, attach: Attach) -> None:
    house.run("start")
    shell(house)
    screen = attach("one")
    screen.sees(b"$ ")
    os.kill(screen.process.pid, signal.SIGTSTP)
    house.wait(lambda: termios.tcgetattr(screen.process.fd) == screen.modes, "the terminal")
    os.kill(screen.process.pid, signal.SIGCONT)
    house.wait(lambda: termios.tcgetattr(screen.process.fd) != screen.modes, "the raw terminal")
    screen.type(b"echo $((6*7))\r")
    screen.sees(b"42\r\n")
    screen.type(DETACH)
    assert screen.ends()[0] == 0


def test_what_cannot_be_attached_says_what_to_do(house: House, attach: Attach) -> None:
    house.run("start")
    house.run("new", str(house.home), "--title", "one", "--terminal", "--", "true")
    house.wait(lambda: house.worker("one", "terminal-1")["status"] == "exited")
    status, shown = attach("one").ends()
    assert (status, b"greenroom run 'one/terminal-1'" in shown) == (1, True)
    house.run("stop")
    assert b"greenroom start" in attach("one").ends()[1]
    house.run("start")
    assert b"not found" in attach("nothing").ends()[1]
    assert b"greenroom worker ls" in attach("one/nothing").ends()[1]
    assert b"is no key" in attach("one", "--detach-key", "F1").ends()[1]
    assert "needs a terminal" in house.run("attach", "one", expect=2).stderr


def test_who_is_attached_is_shown_and_can_be_detached_from_outside(
    house: House, attach: Attach
) -> None:
    house.run("start")
    shell(house)
    assert "nobody is attached" in house.run("detach", "one").stdout
    typist = attach("one", "--status")
    typist.sees(b"$ ", b" types")
    watcher = attach("one", "--watch")
    watcher.sees(b"$ ")
    typist.sees(b"2 are attached")

    def attached() -> tuple[bool, int]:
        (worker,) = house.status()["sessions"][0]["workers"]
        return worker["writer"] is not None, worker["watchers"]

    house.wait(lambda: attached() == (True, 2), "both")
    listed = house.run("worker", "ls", "one").stdout
    assert (" types, 1 watcher" in listed, " on pts/" in listed) == (True, True)
    house.kill_daemon()  # nobody needs it for this
    assert "2 attachments ended; it runs on" in house.run("detach", "one/terminal-1").stdout
    for screen in (typist, watcher):
        status, seen = screen.ends()
        assert (status, b"detached from one by " in seen) == (0, True)
    house.wait(lambda: attached() == (False, 0), "the lease")
    attach("one").sees(b"$ ")


def test_what_cannot_be_detached_says_why(house: House) -> None:
    house.run("start")
    house.run("new", str(house.home), "--title", "one", "--terminal", "--", "true")
    house.wait(lambda: house.worker("one", "terminal-1")["status"] == "exited")
    refused = house.json("detach", "one", expect=1)["error"]
    assert refused["code"] == "worker-not-running"
    assert refused["message"] in {
        "nobody is attached: it has no process now",
        "no terminal host answers, so nobody is attached; see: greenroom status",
    }
    assert house.json("detach", "nobody", expect=1)["error"]["code"] == "session-not-found"
