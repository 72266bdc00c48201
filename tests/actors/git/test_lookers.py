"""Threads that may be held up, here by events that a test sets."""

import threading
import time
from functools import partial

import pytest

from actors.git.lookers import HELD_UP_SECONDS, MOST_THREADS, THREADS, Lookers
from tests.fakes.actors import eventually

PATIENCE_SECONDS = 30.0


def test_jobs_are_done_and_their_faults_told() -> None:
    lookers = Lookers(time.monotonic)
    told = [lookers.submit(partial(pow, number, 2)) for number in range(9)]
    assert [each.result(PATIENCE_SECONDS) for each in told] == [n * n for n in range(9)]
    with pytest.raises(ZeroDivisionError):
        lookers.submit(lambda: 1 // 0).result(PATIENCE_SECONDS)


def test_no_thread_is_left_when_there_is_nothing_to_do() -> None:
    lookers = Lookers(time.monotonic)
    lookers.submit(int).result(PATIENCE_SECONDS)
    eventually(lambda: not [each for each in threading.enumerate() if each.name == "looker"])


def test_those_that_are_held_up_hold_up_nobody_else() -> None:
    now, never = [0.0], threading.Event()
    lookers = Lookers(lambda: now[0])
    stuck = [lookers.submit(never.wait) for _ in range(THREADS)]
    eventually(lambda: all(each.running() for each in stuck))
    waits = lookers.submit(lambda: "done")
    assert not waits.running()
    now[0] += HELD_UP_SECONDS
    assert lookers.submit(lambda: "and this").result(PATIENCE_SECONDS) == "and this"
    assert waits.result(PATIENCE_SECONDS) == "done"
    never.set()
    assert all(each.result(PATIENCE_SECONDS) for each in stuck)


def test_there_is_an_end_to_the_threads() -> None:
    now, never = [0.0], threading.Event()
    lookers = Lookers(lambda: now[0])
    stuck = []
    for _ in range(2 * MOST_THREADS):
        stuck.append(lookers.submit(never.wait))
        now[0] += HELD_UP_SECONDS
    at_work = [each for each in threading.enumerate() if each.name == "looker"]
    assert len(at_work) == MOST_THREADS
    never.set()
    assert all(each.result(PATIENCE_SECONDS) for each in stuck)
