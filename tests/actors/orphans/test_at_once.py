"""Real processes that multiply while they are ended."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.messages.orphans import Process
from actors.orphans.at_once import MOST_LOOKS, end_at_once
from actors.process_table import ProcessEntry, all_processes, look_up
from tests.fakes.actors import eventually
from tests.peers.processes import alive

BOMB = """
import os, time
def grow(most):
    while most[0] > 0:
        most[0] -= 1
        if os.fork() == 0:
            os.setsid()
        time.sleep(0.01)
grow([7])
time.sleep(1000)
"""
"""Doubles every hundredth of a second, at most to 128."""


@pytest.fixture
def bomb() -> Iterator[int]:
    started = subprocess.Popen([sys.executable, "-c", BOMB], start_new_session=True)
    yield started.pid
    started.kill()
    started.wait()
    assert not below(started.pid)


def below(pid: int) -> list[ProcessEntry]:
    entries = [each for each in all_processes() if not each.is_dead]
    found = {pid}
    for _ in entries:
        found |= {each.pid for each in entries if each.parent in found}
    return [each for each in entries if each.pid in found]


def as_process(entry: ProcessEntry) -> Process:
    return Process(
        pid=entry.pid, parent=entry.parent, session=entry.session, start_ticks=entry.start_ticks
    )


def test_what_multiplies_is_ended_to_the_last(bomb: int) -> None:
    eventually(lambda: len(below(bomb)) > 4)
    ended = end_at_once(lambda: [as_process(each) for each in below(bomb)])
    assert len(ended) > 4
    eventually(lambda: not any(alive(pid) for pid, _ in ended))
    assert below(bomb) == []


def test_a_number_that_was_taken_again_is_left_alone(tmp_path: Path) -> None:
    started = subprocess.Popen(["sleep", "1000"], cwd=tmp_path)
    try:
        entry = look_up(started.pid)
        assert entry is not None
        earlier = as_process(entry._replace(start_ticks=entry.start_ticks - 1))
        end_at_once(lambda: [earlier])
        assert started.poll() is None
    finally:
        started.send_signal(signal.SIGKILL)
        started.wait()


def test_it_comes_to_an_end_also_if_others_keep_coming() -> None:
    numbers = iter(range(10**9))
    looks = []

    def find() -> list[Process]:
        looks.append(1)
        number = next(numbers)
        return [Process(pid=1, parent=0, session=0, start_ticks=-number - 1)]

    assert len(end_at_once(find)) == len(looks) == MOST_LOOKS
