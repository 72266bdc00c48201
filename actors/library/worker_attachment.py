"""A Python program at a worker's terminal: output and end as they come, until one of both ends.

Hears from the terminal host directly, so that it goes on while a daemon is away. Callbacks run in
threads of their own, one after another; one that raises is logged and hurts nobody.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from actors.refused import Refused
from actors.terminals import protocol as p
from actors.terminals.connection import HostConnection
from actors.terminals.greeting import HostUnreachableError
from storage import output_log
from storage.records.request import Refusal

_PAGE_BYTES = 256 * 1024

_log = logging.getLogger(__name__)


class WorkerCallbacks(NamedTuple):
    """What is told of a worker; None for what is not wanted.

    `output(data, offset)`: bytes as the program wrote them, and where they begin in its output;
    every byte once, in order. `exit(code, signal)`: its process has ended, and all output was
    told. `activity(activity)`: `{"state", "source", "since", "text"}`, or None when it ended.
    `ended(reason)`: nothing more is told, though neither the process ended nor `detach` was called.
    """

    output: Callable[[bytes, int], object] | None = None
    exit: Callable[[int | None, int | None], object] | None = None
    activity: Callable[[dict[str, Any] | None], object] | None = None
    ended: Callable[[str], object] | None = None


class WorkerAttachment:
    """Begun by `Greenroom.attach_worker`; its end is `detach`."""

    def __init__(self, log: Path, key: str, callbacks: WorkerCallbacks) -> None:
        self._log_directory = log
        self._key = key
        self._callbacks = callbacks
        self._lock = threading.Lock()
        self._connection: HostConnection | None = None
        self._epoch = 0
        self._next = 0
        self._exit: p.TerminalExit | None = None
        self._is_over = False
        self._let_go: list[Callable[[], object]] = []

    def begin(self, data: Path, start: int | None) -> None:
        """From offset `start` of its output on; None: from now on. Refused."""
        try:
            connection = HostConnection.connect(data, client="python")
        except (OSError, HostUnreachableError) as error:
            text = f"no terminal host answers: {error}; see greenroom status"
            raise Refused(Refusal(code="host-unreachable", message=text)) from error
        states = {state.key: state for state in connection.welcome.terminals}
        state = states.get(self._key)
        if state is None or state.exit is not None:
            connection.close()
            text = f"worker {self._key} has no process now; start it first"
            raise Refused(Refusal(code="worker-not-running", message=text))
        self._connection = connection
        self._epoch = state.epoch
        self._next = state.end_offset if start is None else min(start, state.end_offset)
        connection.start(on_message=self._heard, on_closed=self._closed)
        connection.send(p.Watch(key=self._key, epoch=self._epoch, start=self._next))

    def on_end(self, call: Callable[[], object]) -> None:
        """Once it is over, for whatever reason; at once if it is."""
        with self._lock:
            if not self._is_over:
                self._let_go.append(call)
                return
        call()

    def detach(self) -> None:
        """From any thread. Detaching twice does nothing; the process runs on."""
        self._end()

    def _end(self) -> bool:
        """Whether it was not over before."""
        with self._lock:
            if self._is_over:
                return False
            self._is_over = True
            calls, self._let_go = self._let_go, []
        if self._connection:
            self._connection.close()
        for call in calls:
            call()
        return True

    # In the connection's thread.

    def _heard(self, message: p.FromHost) -> None:
        if self._is_over or getattr(message, "key", None) != self._key:
            return
        match message:
            case p.Output() if message.epoch == self._epoch and message.end > self._next:
                self._tell_output(message.data[max(0, self._next - message.start) :], message.end)
            case p.Exited() if message.epoch == self._epoch:
                self._exit = message.exit
            case p.Closed() if message.epoch == self._epoch and self._exit:
                self._tell_rest(self._exit.end_offset)
            case p.Detached():
                self._lost(f"detached by {message.by}")
            case _:
                pass
        if self._exit is not None and self._next >= self._exit.end_offset and self._end():
            _call(self._callbacks.exit, self._exit.code, self._exit.signal)

    def _tell_output(self, data: bytes, end: int) -> None:
        self._next = end
        if data:
            _call(self._callbacks.output, data, end - len(data))

    def _tell_rest(self, end: int) -> None:
        """The host has forgotten the terminal: what is missing stands in the log alone."""
        while self._next < end:
            try:
                page = output_log.read(
                    self._log_directory,
                    epoch=self._epoch,
                    start=self._next,
                    limit=min(end - self._next, _PAGE_BYTES),
                )
            except OSError as error:
                _log.warning("the last output of %s cannot be read: %s", self._key, error)
                break
            if not page.data:
                break
            self._tell_output(page.data, page.next)
        self._next = end

    def _closed(self, reason: str) -> None:
        if self._exit is not None and not self._is_over:
            self._tell_rest(self._exit.end_offset)
            if self._end():
                _call(self._callbacks.exit, self._exit.code, self._exit.signal)
        self._lost(f"the terminal host is gone: {reason}")

    def _lost(self, reason: str) -> None:
        if self._end():
            _call(self._callbacks.ended, reason)


def _call(callback: Callable[..., object] | None, *given: Any) -> None:
    if callback is None:
        return
    try:
        callback(*given)
    except BaseException:  # noqa: BLE001 - not even SystemExit may end what others hear by
        _log.exception("a callback failed")
