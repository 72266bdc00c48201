"""One thread with an asyncio loop: all waiting on models, tools and sockets is done there."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any

START_TIMEOUT_SECONDS = 5.0
STOP_TIMEOUT_SECONDS = 10.0


class IoLoop:
    """`start` and `stop` belong to one owner; `run` is for any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the I/O loop does not run")
        return self._loop

    def start(self) -> None:
        """Returns when it runs; one that runs already is ended first. TimeoutError."""
        self.stop()
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, args=(ready,), name="io-loop", daemon=True
        )
        self._thread.start()
        if not ready.wait(START_TIMEOUT_SECONDS):
            raise TimeoutError("the I/O loop did not start")

    def _serve(self, ready: threading.Event) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._loop.call_soon(ready.set)
            self._loop.run_forever()

    def stop(self) -> None:
        """Cancel what runs, let it clean up, end the thread."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STOP_TIMEOUT_SECONDS)
        self._loop = self._thread = None

    def run(
        self,
        work: Coroutine[Any, Any, Any],
        failed: Callable[[BaseException], object] | None = None,
    ) -> "Future[Any]":
        """Start `work`; cancelling the future cancels it.

        `failed` hears of what it raised, but not of a cancel. RuntimeError while it does not run.
        """
        try:
            future = asyncio.run_coroutine_threadsafe(work, self.loop)
        except RuntimeError:
            work.close()
            raise
        if failed is not None:
            future.add_done_callback(lambda ended: _report(ended, failed))
        return future


def _report(ended: "Future[Any]", failed: Callable[[BaseException], object]) -> None:
    with contextlib.suppress(CancelledError):
        error = ended.exception()
        if error is not None:
            failed(error)
