"""One thread that waits for descriptors, timers and signals at once, and never polls.

A callback that raises is reported and its own `on_failure` called; the loop goes on, because the
terminals of everybody else hang on it.
"""

import heapq
import itertools
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

READ = selectors.EVENT_READ
WRITE = selectors.EVENT_WRITE

Call = Callable[[], None]
OnReady = Callable[[int], None]


class _Source:
    """What `fd` is watched for, and who is called."""

    __slots__ = ("events", "on_failure", "on_ready")

    def __init__(self, events: int, on_ready: OnReady, on_failure: Call) -> None:
        self.events = events
        self.on_ready = on_ready
        self.on_failure = on_failure


class Timer:
    """Returned by `EventLoop.after`."""

    def __init__(self, call: Call) -> None:
        self._call: Call | None = call

    def cancel(self) -> None:
        self._call = None

    @property
    def is_waiting(self) -> bool:
        return self._call is not None

    def fire(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call()


class EventLoop:
    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._sources: dict[int, _Source] = {}  # the selector's own map is slow to look into
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._signals: dict[int, Call] = {}
        self._stopped = False
        wake_fd, signal_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(signal_fd, warn_on_full_buffer=False)
        self.register(wake_fd, READ, lambda _: self._take_signals(wake_fd), lambda: None)

    def register(self, fd: int, events: int, on_ready: OnReady, on_failure: Call) -> None:
        """Call `on_ready(events)` whenever `fd` is; `on_failure` after an exception in it."""
        source = _Source(events, on_ready, on_failure)
        self._selector.register(fd, events, source)
        self._sources[fd] = source

    def watch_for(self, fd: int, events: int) -> None:
        """Change what it is watched for; nothing happens if it is not registered."""
        source = self._sources.get(fd)
        if source is not None and source.events != events:
            source.events = events
            self._selector.modify(fd, events, source)

    def unregister(self, fd: int) -> None:
        """Also when it is not registered."""
        if self._sources.pop(fd, None) is not None:
            self._selector.unregister(fd)

    def after(self, seconds: float, call: Call) -> Timer:
        timer = Timer(call)
        due = time.monotonic() + seconds
        heapq.heappush(self._timers, (due, next(self._numbers), timer))
        return timer

    def on_signal(self, number: signal.Signals, call: Call) -> None:
        self._signals[number] = call
        signal.signal(number, lambda _number, _frame: None)

    def stop(self) -> None:
        """Return from `run` after the events at hand."""
        self._stopped = True

    def run(self) -> None:
        while not self._stopped:
            for key, events in self._selector.select(self._seconds_to_wait()):
                source: _Source = key.data
                # A callback before may have closed this one and opened another of its number.
                if self._sources.get(key.fd) is source:
                    try:
                        source.on_ready(events)
                    except Exception:  # noqa: BLE001 - as in `_guard`
                        report(traceback.format_exc())
                        self._guard(source.on_failure)
            self._fire_timers()

    def _seconds_to_wait(self) -> float | None:
        while self._timers and not self._timers[0][2].is_waiting:
            heapq.heappop(self._timers)
        if not self._timers:
            return None
        return max(self._timers[0][0] - time.monotonic(), 0)

    def _fire_timers(self) -> None:
        if not self._timers:
            return
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            self._guard(heapq.heappop(self._timers)[2].fire)

    def _take_signals(self, wake_fd: int) -> None:
        for number in dict.fromkeys(os.read(wake_fd, 4096)):
            call = self._signals.get(number)
            if call is not None:
                self._guard(call)

    @staticmethod
    def _guard(call: Call) -> None:
        try:
            call()
        except Exception:  # noqa: BLE001 - one bad client or terminal must not end all others
            report(traceback.format_exc())


def report(text: str) -> None:
    """One entry on stderr, if that can still be written to."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{stamp} {text.rstrip()}\n")
        sys.stderr.flush()
