"""An attachment whose connection to the host breaks, again and again, in the middle of anything.

A go-between stands at the host's socket and cuts the line after so many bytes.
"""

import os
import random
import selectors
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from actors.terminals import host_files
from tests.end_to_end.conftest import House
from tests.end_to_end.test_attach import DETACH, Attach, attach, keeper, shell

__all__ = ["attach"]

TALKER = (
    "import os, sys, tty\n"
    "tty.setraw(0)\n"
    "os.write(1, b'ready')\n"
    "os.read(0, 1)\n"
    "for number in range(100000):\n"
    "    os.write(1, b'<%d>' % number)\n"
    "os.write(1, b'the end')\n"
    "os.read(0, 1)\n"
)


class GoBetween:
    """Listens where the host did, and passes on at most `allowance()` bytes per connection."""

    def __init__(self, data: Path, allowance: Callable[[], int]) -> None:
        self.cuts = 0
        self._path = host_files.socket_path(data.resolve())
        self._real = self._path.with_name("real.sock")
        self._path.rename(self._real)
        self._allowance = allowance
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def end(self) -> None:
        """Who connects from now on comes to the host itself."""
        with suppress(FileNotFoundError):
            self._real.replace(self._path)
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        left = self._allowance()
        with client, socket.socket(socket.AF_UNIX) as host, selectors.DefaultSelector() as both:
            host.connect(str(self._real))
            both.register(client, selectors.EVENT_READ, host)
            both.register(host, selectors.EVENT_READ, client)
            while left > 0:
                for key, _ in both.select():
                    assert isinstance(key.fileobj, socket.socket)
                    passed = key.fileobj.recv(min(left, 65536)) if left > 0 else b""
                    if not passed:
                        return
                    try:
                        key.data.sendall(passed)
                    except OSError:  # that side is gone, and the other is told so
                        return
                    left -= len(passed)
            self.cuts += 1


@pytest.fixture
def between(house: House) -> Iterator[Callable[[Callable[[], int]], GoBetween]]:
    made: list[GoBetween] = []

    def begin(allowance: Callable[[], int]) -> GoBetween:
        made.append(GoBetween(house.data, allowance))
        return made[-1]

    yield begin
    for each in made:
        each.end()


Between = Callable[[Callable[[], int]], GoBetween]


def holds(kept: Path, typed: bytes) -> bool:
    return kept.stat().st_size >= len(typed)


def test_what_is_typed_arrives_once_over_a_line_that_breaks(
    house: House, attach: Attach, between: Between
) -> None:
    house.run("start")
    kept = keeper(house)
    chance = random.Random(7)
    line = between(lambda: chance.randrange(600, 3000))
    screen = attach("one")
    screen.sees(b"ready")
    typed = b""
    while line.cuts < 20:
        piece = b"%d;" % len(typed)
        screen.type(piece)
        typed += piece
        house.wait(partial(holds, kept, typed), "what was typed")
    assert kept.read_bytes() == typed
    screen.type(DETACH)
    assert screen.ends()[0] == 0


def test_what_the_program_writes_is_shown_once_over_a_line_that_breaks(
    house: House, attach: Attach, between: Between
) -> None:
    house.run("start")
    shell(house, sys.executable, "-c", TALKER)
    chance = random.Random(11)
    line = between(lambda: chance.randrange(3000, 200_000))  # a frame has up to 64 KiB
    screen = attach("one", cols=200)
    screen.sees(b"ready")
    screen.type(b"g")
    shown = screen.sees(b"the end")
    wanted = b"".join(b"<%d>" % number for number in range(100000)) + b"the end"
    assert wanted in shown
    assert line.cuts > 3


def test_the_socket_may_be_removed_while_one_is_attached(house: House, attach: Attach) -> None:
    house.run("start")
    kept = keeper(house)
    first = attach("one")
    first.sees(b"ready")
    host_files.socket_path(house.data).unlink()
    first.type(b"a")
    first.sees(b".")
    second = attach("one", "--take")  # there is no socket: the host is asked for it
    second.sees(b"ready")
    first.sees(b"types now; you watch")
    second.type(b"b")
    second.sees(b".")
    assert kept.read_bytes() == b"ab"


def test_all_of_run_may_be_removed_while_one_is_attached(
    house: House, attach: Attach, between: Between
) -> None:
    house.run("start")
    kept = keeper(house)
    line = between(lambda: 20_000)
    screen = attach("one")
    screen.sees(b"ready")
    shutil.rmtree((house.data / "run").rename(house.home / "gone"))  # nobody can put a file into it
    typed = b""
    while not line.cuts:  # then it connects anew, where nothing is
        screen.type(b"x" * 50)
        typed += b"x" * 50
        house.wait(partial(holds, kept, typed), "what was typed")
    screen.type(b"the end")
    house.wait(lambda: kept.read_bytes() == typed + b"the end", "what was typed")
    assert kept.read_bytes() == typed + b"the end"
    os.kill(screen.process.pid, 15)
    screen.ends()
