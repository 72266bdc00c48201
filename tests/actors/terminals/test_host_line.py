"""The line to a host that is stopped, hangs, or cannot be reached: a problem in words, and its end.

A real host, and a clock that the test moves.
"""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.terminals import host_files, protocol
from actors.terminals.ensure_host import ensure_host
from actors.terminals.host_line import (
    ANSWER_SECONDS,
    FromHost,
    HostLine,
    NotReached,
    Reached,
    TimeToListen,
    TimeToSeek,
    Turn,
)
from tests.actors.terminals.conftest import PATIENCE_SECONDS, end_host, eventually
from tests.fakes.clock import FakeClock


class Line:
    """A line whose messages the test hands over, one by one."""

    def __init__(self, data: Path) -> None:
        self.clock = FakeClock()
        self.posted: list[object] = []
        self.line = HostLine(data, self.clock, self._post)

    def _post(self, message: object) -> bool:
        self.posted.append(message)
        return True

    def next(self, kind: type) -> object:
        """The next message of this kind; it is taken out."""
        found = eventually(lambda: [m for m in self.posted if isinstance(m, kind)])[0]
        self.posted.remove(found)
        return found

    def hears(self) -> protocol.FromHost | None:
        heard = self.next(FromHost)
        assert isinstance(heard, FromHost)
        self.line.has_spoken()
        return heard.message

    def passes(self) -> Turn | None:
        """So much time that an answer was due."""
        self.clock.advance(ANSWER_SECONDS)
        looked = self.next(TimeToListen)
        assert isinstance(looked, TimeToListen)
        return self.line.take(looked)


@pytest.fixture
def line(data: Path) -> Iterator[Line]:
    ensure_host(data, PATIENCE_SECONDS).close()
    made = Line(data)
    yield made
    made.line.close()
    end_host(data)


def pid_of(data: Path) -> int:
    host = host_files.recorded_host(data)
    assert host is not None
    return host.pid


def test_a_host_that_answers_is_no_problem(line: Line) -> None:
    assert line.line.find()
    line.line.send(protocol.ListTerminals())
    assert isinstance(line.hears(), protocol.Terminals)
    assert (line.passes(), line.line.problem) == (None, None)
    assert line.clock.waiting == []  # nobody listens for what nobody asked


def test_one_that_has_nothing_to_answer_is_asked_for_a_sign_of_life(line: Line) -> None:
    assert line.line.find()
    line.line.send(protocol.Resize(key="none", cols=80, rows=24))
    assert isinstance(line.hears(), protocol.Refused)
    line.line.send(protocol.Unwatch(key="none"))  # this has no answer
    assert line.passes() is None
    assert isinstance(line.hears(), protocol.Terminals)
    assert (line.passes(), line.line.problem) == (None, None)


def test_a_stopped_host_is_a_problem_until_it_goes_on(line: Line, data: Path) -> None:
    assert line.line.find()
    pid = pid_of(data)
    os.kill(pid, signal.SIGSTOP)
    line.line.send(protocol.ListTerminals())
    assert [line.passes() for _ in range(3)] == [None, "silent", "silent"]
    problem = line.line.problem or ""
    assert f"kill -CONT {pid}" in problem
    assert "greenroom restart --terminals" in problem
    os.kill(pid, signal.SIGCONT)
    line.hears()
    assert line.line.problem is None
    assert (line.passes(), line.clock.waiting) == (None, [])


def test_something_asked_late_is_waited_for_as_long(line: Line, data: Path) -> None:
    """Whatever came before the question is no answer to it."""
    assert line.line.find()
    line.line.send(protocol.ListTerminals())
    line.hears()
    os.kill(pid_of(data), signal.SIGSTOP)
    line.line.send(protocol.ListTerminals())
    assert [line.passes() for _ in range(2)] == [None, "silent"]
    os.kill(pid_of(data), signal.SIGCONT)


def test_one_that_holds_its_lock_and_is_stopped_is_sought_again_and_again(
    line: Line, data: Path
) -> None:
    pid = pid_of(data)
    os.kill(pid, signal.SIGSTOP)
    assert not line.line.find()
    assert line.line.is_seeking
    missed = line.next(NotReached)
    assert isinstance(missed, NotReached)
    assert line.line.take(missed) == "silent"
    host = line.line.host
    assert host is not None
    assert host.pid == pid
    os.kill(pid, signal.SIGCONT)
    line.clock.advance(5)
    again = line.next(TimeToSeek)
    assert isinstance(again, TimeToSeek)
    line.line.take(again)
    reached = line.next(Reached)
    assert isinstance(reached, Reached)
    assert (line.line.take(reached), line.line.problem) == ("reached", None)


def test_nobody_who_speaks_something_else_is_taken_for_a_host(tmp_path: Path) -> None:
    """A socket that belongs to nothing of ours, with no host behind: one is started."""
    data = tmp_path / "data"
    host_files.make_directories(data)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(host_files.socket_path(data)))
        made = Line(data)
        assert not made.line.find()
        assert not made.line.is_seeking  # nobody holds the lock, so nobody is waited for
        made.line.seek()
        reached = made.next(Reached)
        assert isinstance(reached, Reached)
        assert made.line.take(reached) == "reached"
    made.line.close()
    end_host(data)


def test_a_host_that_cannot_be_started_is_a_problem_without_a_pid(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("")
    made = Line(tmp_path / "file" / "data")
    made.line.seek()
    missed = made.next(NotReached)
    assert isinstance(missed, NotReached)
    assert made.line.take(missed) == "silent"
    assert made.line.host is None
    assert "greenroom doctor" in (made.line.problem or "")


def test_a_host_found_after_the_actor_has_gone_is_let_go(data: Path) -> None:
    posted: list[object] = []

    def refuse(message: object) -> bool:
        posted.append(message)
        return False

    HostLine(data, FakeClock(), refuse).seek()
    reached = eventually(lambda: posted)[0]
    assert isinstance(reached, Reached)
    eventually(lambda: not reached.connection.send(protocol.ListTerminals()))
    end_host(data)
