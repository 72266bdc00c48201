"""Threads for work in directories of users, which may lie on a file system that never answers.

A job that hangs keeps its thread, and nothing else: after some seconds it counts no more, and
another thread takes up what waits. The threads hold up no end of the process, and none is there
while there is nothing to do.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

HELD_UP_SECONDS = 5.0


class LooseThreads:
    """`submit` may be called from any thread. `monotonic` gives seconds.

    So many `threads` are at work at once, without those that are held up; `most` with them.
    """

    def __init__(
        self, monotonic: Callable[[], float], *, name: str, threads: int, most: int
    ) -> None:
        self._monotonic = monotonic
        self._name = name
        self._threads = threads
        self._most = most
        self._changing = threading.Condition()
        self._is_over = False
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._since: dict[int, float] = {}
        self._timer: threading.Timer | None = None

    def submit(self, job: Callable[P, T], *given: P.args, **named: P.kwargs) -> "Future[T]":
        """The future has what the job gives or raises; it may never have anything. RuntimeError
        after `end`.
        """
        told: Future[T] = Future()
        with self._changing:
            if self._is_over:
                raise RuntimeError(f"no {self._name} works any more")
            self._waiting.append((told, partial(job, *given, **named)))
            self._begin()
        return told

    def end(self, seconds: float) -> bool:
        """Take on no more; whether all that was taken on is done within that time. What was not
        begun by then is given up, and what hangs is left behind.
        """
        with self._changing:
            self._is_over = True
            is_done = self._changing.wait_for(lambda: not self._since, seconds)
            if self._timer is not None:
                self._timer.cancel()
            given_up = list(self._waiting)
            self._waiting.clear()
        for told, _ in given_up:
            told.cancel()
        return is_done

    def _begin(self) -> None:
        """One more thread, for work that waits; if all are busy, when one of them is held up."""
        now = self._monotonic()
        busy = [since for since in self._since.values() if now - since < HELD_UP_SECONDS]
        if len(self._since) >= self._most:
            return
        if len(busy) >= self._threads:
            self._begin_after(min(busy) + HELD_UP_SECONDS - now)
            return
        thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        thread.start()
        if thread.ident is not None:
            self._since[thread.ident] = now

    def _begin_after(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = threading.Timer(seconds, self._begin_again)
            self._timer.daemon = True
            self._timer.start()

    def _begin_again(self) -> None:
        """A thread for each that waits, so far as there may be more."""
        with self._changing:
            self._timer = None
            for _ in list(self._waiting):
                if self._timer is None:
                    self._begin()

    def _work(self) -> None:
        own = threading.get_ident()
        while True:
            with self._changing:
                if not self._waiting:
                    self._since.pop(own, None)
                    self._changing.notify_all()
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
