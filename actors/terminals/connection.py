"""A client of the terminal host: one socket, one thread, messages out and messages in.

`send` never waits. What comes in is handed to one function, in order, from the connection's own
thread; that function should pass it on and return. A connection that has ended stays ended.
"""

import os
import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from actors.terminals import protocol
from actors.terminals.frames import frame
from actors.terminals.greeting import RECEIVE_BYTES, Greeted, greet

OnMessage = Callable[[protocol.FromHost], None]
OnClosed = Callable[[str], None]

OUT_QUEUE_BYTES = 64 * 1024 * 1024
"""The host always reads; with so much waiting it is stopped or broken."""


class HostConnection:
    """Use `connect`, or `ensure_host`; then `start`."""

    def __init__(self, greeted: Greeted) -> None:
        self.welcome = greeted.welcome
        self._connection = greeted.connection
        self._reader = greeted.reader
        self._early = greeted.early
        self._lock = threading.Lock()
        self._out = bytearray()
        self._closing = ""
        self._wake_fd, self._waker_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread: threading.Thread | None = None

    @classmethod
    def connect(
        cls, data_directory: Path, *, client: str = "daemon", timeout_seconds: float = 5.0
    ) -> Self:
        """Connect and greet; the timeout is for each wait. Raises OSError, HostUnreachableError."""
        return cls(greet(data_directory, client=client, timeout_seconds=timeout_seconds))

    def start(self, *, on_message: OnMessage, on_closed: OnClosed) -> None:
        """Begin to hand out messages; `on_closed(reason)` is called once, as the last thing.

        Call it once. An exception in `on_message` closes the connection.
        """
        self._thread = threading.Thread(
            target=self._run, args=(on_message, on_closed), name="terminal-host", daemon=True
        )
        self._thread.start()

    def send(self, message: protocol.ToHost) -> bool:
        """Queue it for the host, from any thread; False when the connection has ended.

        Raises ValueError if it cannot be encoded or is larger than a frame.
        """
        framed = frame(protocol.encode(message))
        with self._lock:
            if self._closing:
                return False
            is_first = not self._out
            self._out += framed
            if is_first:
                self._send_some()
            if len(self._out) > OUT_QUEUE_BYTES:
                self._closing = "the host does not read"
            waiting = bool(self._out)
        if waiting:
            self._wake()
        return True

    def close(self) -> None:
        """End it, from any thread; `on_closed("closed")` follows from the connection's thread."""
        with self._lock, suppress(OSError):
            self._closing = self._closing or "closed"
            self._connection.shutdown(socket.SHUT_RDWR)  # the host sees the end now
        if self._thread is None:
            self._release()
        else:
            self._wake()

    def _run(self, on_message: OnMessage, on_closed: OnClosed) -> None:
        try:
            reason = self._exchange(on_message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the owner must hear of the end
            reason = f"{type(error).__name__}: {error}"
        with self._lock:
            self._closing = reason = self._closing or reason
        self._release()
        on_closed(reason)

    def _exchange(self, on_message: OnMessage) -> str:
        for payload in self._early:
            _hand_out(payload, on_message)
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_fd, selectors.EVENT_READ)
            selector.register(self._connection, selectors.EVENT_READ)
            while not self._closing:
                selector.modify(self._connection, self._wanted_events())
                for key, events in selector.select():
                    if key.fd == self._wake_fd:
                        os.read(self._wake_fd, 4096)
                    elif events & selectors.EVENT_READ and not self._receive(on_message):
                        return "closed by the host"
                with self._lock:
                    self._send_some()
        return self._closing

    def _wanted_events(self) -> int:
        with self._lock:
            waiting = bool(self._out)
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if waiting else 0)

    def _receive(self, on_message: OnMessage) -> bool:
        try:
            received = self._connection.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return True
        for payload in self._reader.feed(received):
            if self._closing:
                break
            _hand_out(payload, on_message)
        return bool(received)

    def _send_some(self) -> None:
        """With the lock held. An error is left for the reading side to find and tell."""
        with suppress(OSError):
            sent = self._connection.send(self._out) if self._out else 0
            del self._out[:sent]

    def _wake(self) -> None:
        with self._lock, suppress(OSError):
            if self._waker_fd >= 0:
                os.write(self._waker_fd, b"w")

    def _release(self) -> None:
        with self._lock:
            self._connection.close()
            for fd in (self._wake_fd, self._waker_fd):
                if fd >= 0:
                    os.close(fd)
            self._wake_fd = self._waker_fd = -1
            self._out.clear()


def _hand_out(payload: bytes, on_message: OnMessage) -> None:
    message = protocol.decode_from_host(payload)
    if message is not None:
        on_message(message)
