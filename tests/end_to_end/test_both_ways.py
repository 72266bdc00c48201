"""R10: terminals over kills of the daemon, typed into and showing at once; not a byte goes astray.

One is typed into by a person who is attached, the other by files in `inbox/`, through the daemon.
"""

import os
import random
import select
import sys
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import pytest

from actors.terminals import host_files
from storage import output_log
from tests.end_to_end.conftest import House
from tests.end_to_end.test_attach import Screen
from tests.peers.both_ways import READY, lines

PROGRAM = Path(__file__).parents[1] / "peers" / "both_ways.py"
PIECE = 4096
CODE = 7


class Flow(threading.Thread, ABC):
    """Types `lines(size)` into a terminal, up to where it is allowed to."""

    def __init__(self, house: House, title: str, size: int, size_out: int) -> None:
        super().__init__(name=title, daemon=True)
        self.allowed = threading.Condition()
        self.limit = self.done = 0
        self.error: BaseException | None = None
        self.taken = house.home / f"typed-{title}"
        self._house = house
        self._title = title
        self._size = size
        self._size_out = size_out
        words = [sys.executable, str(PROGRAM), str(self.taken), str(size), str(size_out), str(CODE)]
        worker = {"type": "terminal", "name": "it", "command": words, "restart": "never"}
        house.data_of(
            {"type": "create-session", "location_path": "/", "title": title, "worker": worker}
        )
        house.wait(self.taken.exists, "the program")

    def allow(self, limit: int) -> None:
        with self.allowed:
            self.limit = limit
            self.allowed.notify()

    def run(self) -> None:
        wanted = lines(self._size)
        try:
            while self.done < self._size:
                with self.allowed:
                    self.allowed.wait_for(lambda: self.done < self.limit)
                    piece = wanted[self.done : min(self.done + PIECE, self.limit)]
                self.type(piece, self.done)
                self.done += len(piece)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            self.error = error

    @abstractmethod
    def type(self, piece: bytes, start: int) -> None:
        """Returns when it is on its way, in order."""

    def check(self) -> None:
        """All arrived and was shown, and its code is on record."""
        self.join(60)
        assert (self.error, self.is_alive()) == (None, False)
        worker = self._house.wait(self.ended, f"the end of {self._title}")
        assert (worker["status"], worker["exit"]["code"]) == ("exited", CODE)
        assert self.taken.read_bytes() == lines(self._size)
        session = self._house.data_of({"type": "get-session", "session": self._title})
        place = self._house.data / "workspaces/default/sessions" / session["id"]
        logged = b"".join(pages(place / "terminals" / worker["id"]))
        assert logged == READY + lines(self._size_out)

    def ended(self) -> Any:
        worker = self._house.worker(self._title, "it")
        return worker if worker["exit"] else None


def pages(directory: Path) -> list[bytes]:
    found, start = [], 0
    while page := output_log.read(directory, epoch=1, start=start, limit=1 << 20).data:
        found.append(page)
        start += len(page)
    return found


class ByFiles(Flow):
    def type(self, piece: bytes, start: int) -> None:
        request = {"type": "write-input", "session": self._title, "worker": "it"}
        data = {**request, "data": piece.decode(), "id": f"{self._title}-{start}"}
        assert self._house.answer(f"{self._title}-{start}", data)["ok"]


class Attached(Flow):
    def __init__(self, house: House, title: str, size: int, size_out: int) -> None:
        super().__init__(house, title, size, size_out)
        self.screen = Screen(house, title)
        self.shown = self.screen.sees(READY)
        self._over = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        fd = self.screen.process.fd
        while not self._over.is_set():
            if select.select([fd], [], [], 0.05)[0]:
                try:
                    self.shown += os.read(fd, 65536)
                except OSError:
                    return

    def type(self, piece: bytes, start: int) -> None:
        while piece:
            piece = piece[os.write(self.screen.process.fd, piece) :]

    def check(self) -> None:
        super().check()
        self._over.set()
        self._reader.join()
        status, rest = self.screen.ends()
        assert status == 0
        shown = (self.shown + rest).replace(b"\r\n", b"\n").partition(READY)[2]
        wanted = lines(self._size_out)
        assert shown[: len(wanted)] == wanted
        assert f"ended with code {CODE}".encode() in shown[len(wanted) :]


def assert_holds(house: House, kills: int, size: int, size_out: int) -> None:
    daemon = house.daemon()
    flows = [ByFiles(house, "asked", size, size_out), Attached(house, "attached", size, size_out)]
    host = host_files.recorded_host(house.data)
    assert host is not None
    for flow in flows:
        flow.start()
    chance = random.Random(kills)
    for number in range(kills):
        for flow in flows:
            flow.allow(size * (number + 1) // (kills + 1))
        chance_seconds = chance.uniform(0.0, 0.3)
        threading.Event().wait(chance_seconds)
        daemon.kill()
        daemon.wait()
        daemon = house.daemon()
    for flow in flows:
        flow.allow(size)
    for flow in flows:
        flow.check()
    assert host_files.recorded_host(house.data) == host


def test_over_6_kills_no_byte_is_lost_doubled_or_out_of_order(house: House) -> None:
    assert_holds(house, 6, 400_000, 600_000)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_over_100_kills_no_byte_is_lost_doubled_or_out_of_order(house: House) -> None:
    """As much output as makes the segments of the log roll over."""
    assert_holds(house, 100, 4_000_000, 10_000_000)
