"""Threads that look into directories of users, which may lie on a file system that never answers.

A job that hangs keeps its thread, and nothing else: after some seconds it counts no more, and
another thread takes up what waits. The threads hold up no end of the process, and none is there
while there is nothing to look at.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

THREADS = 3
HELD_UP_SECONDS = 5.0
MOST_THREADS = 24


class Lookers:
    """`submit` may be called from any thread. `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._changing = threading.Lock()
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._since: dict[int, float] = {}

    def submit(self, job: Callable[[], T]) -> "Future[T]":
        """The future has what the job gives or raises; it may never have anything."""
        told: Future[T] = Future()
        with self._changing:
            self._waiting.append((told, job))
            self._begin()
        return told

    def _begin(self) -> None:
        """One more thread, if there is work for it."""
        now = self._monotonic()
        at_work = sum(now - since < HELD_UP_SECONDS for since in self._since.values())
        if at_work >= THREADS or len(self._since) >= MOST_THREADS:
            return
        thread = threading.Thread(target=self._work, name="looker", daemon=True)
        thread.start()
        if thread.ident is not None:
            self._since[thread.ident] = now

    def _work(self) -> None:
        own = threading.get_ident()
        while True:
            with self._changing:
                if not self._waiting:
                    self._since.pop(own, None)
                    return
                told, job = self._waiting.popleft()
                self._since[own] = self._monotonic()
            if told.set_running_or_notify_cancel():
                _do(told, job)


def _do(told: "Future[Any]", job: Callable[[], Any]) -> None:
    try:
        found = job()
    except BaseException as error:  # noqa: BLE001 - it is for whoever asked
        told.set_exception(error)
    else:
        told.set_result(found)
