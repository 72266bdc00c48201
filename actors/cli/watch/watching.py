"""The loop of `status --watch`: looks when something happened, and now and then for the figures.

Waits for four things at once: the daemon, signals, keys, and the end of whoever reads. A daemon
that dies is shown as stopped, from the files, until one answers again.
"""

from __future__ import annotations

import select
import signal
import time
from typing import TYPE_CHECKING

from actors.cli.attach.signals import Signals
from actors.cli.command import DONE
from actors.cli.directory_lock import is_held
from actors.cli.failures import NoDaemonError, RefusedError
from actors.cli.unanswered import status_of_files, unresponsive
from actors.cli.watch.follower import STATUS_ID, Follower
from actors.cli.watch.views import View, view_for

if TYPE_CHECKING:
    from typing import Any

    from actors.cli.command import Call

    Json = dict[str, Any]

REFRESH_SECONDS = 2.0
"""Memory and CPU are looked at as often; they change without an event."""
SETTLE_SECONDS = 0.1
"""What happens together is shown together."""
RETRY_SECONDS = 0.5
SILENCE_SECONDS = 10.0
"""A daemon that has not said how it is within this time is not well."""
ENDING_SIGNAL = 128


def watch(call: Call) -> int:
    """Shows the status until it is ended; its exit status."""
    with Signals() as signals, view_for(call.console, call.environ) as view:
        return _Watching(call, signals, view).run()


class _Watching:
    def __init__(self, call: Call, signals: Signals, view: View) -> None:
        self._call = call
        self._signals = signals
        self._view = view
        self._follower: Follower | None = None
        self._due = 0.0
        self._asked_at: float | None = None
        self._answered_at = time.monotonic()
        self._ended: int | None = None

    def run(self) -> int:
        while self._ended is None:
            self._look()
            self._wait()
        if self._follower:
            self._follower.close()
        return self._ended

    def _look(self) -> None:
        """Ask for what is due; the answer is waited for with everything else."""
        now = time.monotonic()
        if self._asked_at is not None and now - self._asked_at > SILENCE_SECONDS:
            self._lost()
            self._view.show(*unresponsive(self._call.data))
        if now < self._due or self._asked_at is not None:
            return
        try:
            self._follower = self._follower or Follower(self._call.data)
            self._follower.want_status()
            self._asked_at, self._due = now, now + REFRESH_SECONDS
        except NoDaemonError as missing:
            self._show_files(missing)
        except (OSError, EOFError):
            self._lost()

    def _show_files(self, missing: NoDaemonError) -> None:
        """Nobody listens: none runs, or one that is only just coming up, or is stuck."""
        self._due = time.monotonic() + RETRY_SECONDS
        if missing.is_final:
            raise missing
        if not is_held(self._call.data):
            self._view.show(status_of_files(self._call.data), str(missing))
        elif time.monotonic() - self._answered_at > SILENCE_SECONDS:
            self._view.show(*unresponsive(self._call.data))

    def _lost(self) -> None:
        if self._follower:
            self._follower.close()
        self._follower, self._asked_at = None, None
        self._due = time.monotonic() + RETRY_SECONDS

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._signals.fd, select.POLLIN)
        poll.register(self._call.console.out.fileno(), 0)
        if self._follower:
            poll.register(self._follower.fileno(), select.POLLIN)
        if self._view.keys is not None:
            poll.register(self._view.keys, select.POLLIN)
        until = self._due if self._asked_at is None else self._asked_at + SILENCE_SECONDS
        for ready, event in poll.poll(max(0.0, until - time.monotonic()) * 1000 + 1):
            if ready == self._signals.fd:
                self._obey(self._signals.take())
            elif self._follower and ready == self._follower.fileno():
                self._hear()
            elif ready == self._view.keys and event & select.POLLIN:
                self._ended = DONE if self._view.typed() else self._ended
            else:
                raise BrokenPipeError

    def _obey(self, names: list[str]) -> None:
        for name in names:
            if name == "SIGWINCH":
                self._view.resized()
            elif name == "SIGTSTP":
                self._view.leave()
                self._signals.suspend()
                self._view.resized()
            else:
                number = signal.Signals[name]
                self._ended = DONE if number == signal.SIGINT else ENDING_SIGNAL + number

    def _hear(self) -> None:
        assert self._follower is not None
        try:
            frames = self._follower.arrived()
        except (OSError, EOFError):
            self._lost()
            self._due = 0.0
            return
        for frame in frames:
            self._take(frame)

    def _take(self, frame: Json) -> None:
        if frame.get("id") == STATUS_ID:
            self._asked_at, self._answered_at = None, time.monotonic()
            if not frame.get("ok"):
                raise RefusedError(frame)
            self._view.show(frame["data"], "")
        elif frame.get("type") == "event" or not frame.get("ok"):
            # One that was cut for being slow is told so, and looks anew in any case.
            self._due = min(self._due, time.monotonic() + SETTLE_SECONDS)
            if frame.get("type") != "event":
                self._lost()
