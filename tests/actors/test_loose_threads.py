"""Threads that may be held up, here by events that a test sets."""

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from actors import loose_threads as module
from actors.loose_threads import HELD_UP_SECONDS, LooseThreads
from tests.fakes.actors import eventually

PATIENCE_SECONDS = 30.0
NAME = "loose"
THREADS, MOST_THREADS = 3, 24


def loose(monotonic: Callable[[], float] = time.monotonic) -> LooseThreads:
    return LooseThreads(monotonic, name=NAME, threads=THREADS, most=MOST_THREADS)


def test_jobs_are_done_and_their_faults_told() -> None:
    threads = loose()
    told = [threads.submit(partial(pow, number, 2)) for number in range(9)]
    assert [each.result(PATIENCE_SECONDS) for each in told] == [n * n for n in range(9)]
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 // 0).result(PATIENCE_SECONDS)


def test_no_thread_is_left_when_there_is_nothing_to_do() -> None:
    threads = loose()
    thread = threads.submit(threading.current_thread).result(PATIENCE_SECONDS)
    assert thread.name == NAME
    assert eventually(lambda: not thread.is_alive())


def test_those_that_are_held_up_hold_up_nobody_else() -> None:
    now, never = [0.0], threading.Event()
    threads = loose(lambda: now[0])
    stuck = [threads.submit(never.wait) for _ in range(THREADS)]
    eventually(lambda: all(each.running() for each in stuck))
    waits = threads.submit(lambda: "done")
    assert not waits.running()
    now[0] += HELD_UP_SECONDS
    assert threads.submit(lambda: "and this").result(PATIENCE_SECONDS) == "and this"
    assert waits.result(PATIENCE_SECONDS) == "done"
    never.set()
    assert all(each.result(PATIENCE_SECONDS) for each in stuck)


def test_what_waits_goes_on_when_others_become_held_up_without_a_further_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "HELD_UP_SECONDS", 0.05)
    never = threading.Event()
    threads = loose()
    stuck = [threads.submit(never.wait) for _ in range(THREADS)]
    waits = [threads.submit(partial(pow, number, 2)) for number in range(5)]
    assert [each.result(PATIENCE_SECONDS) for each in waits] == [0, 1, 4, 9, 16]
    never.set()
    assert all(each.result(PATIENCE_SECONDS) for each in stuck)


def test_there_is_an_end_to_the_threads() -> None:
    now, never = [0.0], threading.Event()
    threads = loose(lambda: now[0])
    stuck = []
    for _ in range(2 * MOST_THREADS):
        stuck.append(threads.submit(never.wait))
        now[0] += HELD_UP_SECONDS
    at_work = [each for each in threading.enumerate() if each.name == NAME]
    assert len(at_work) == MOST_THREADS
    never.set()
    assert all(each.result(PATIENCE_SECONDS) for each in stuck)


def test_at_the_end_what_was_taken_on_is_waited_for_but_not_for_ever() -> None:
    threads, never = loose(), threading.Event()
    assert threads.submit(int, "7").result(PATIENCE_SECONDS) == 7
    stuck = [threads.submit(never.wait) for _ in range(THREADS)]
    waits = threads.submit(int)
    assert not threads.end(0.05)
    assert waits.cancelled()
    with pytest.raises(RuntimeError):
        threads.submit(int)
    never.set()
    assert all(each.result(PATIENCE_SECONDS) for each in stuck)
    assert threads.end(PATIENCE_SECONDS)


def test_an_end_waits_for_all_that_waited() -> None:
    threads, begins = loose(), threading.Event()
    told = [threads.submit(begins.wait) for _ in range(3 * THREADS)]
    threading.Timer(0.05, begins.set).start()
    assert threads.end(PATIENCE_SECONDS)
    assert all(each.result(0) for each in told)
