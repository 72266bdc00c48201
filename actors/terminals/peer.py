"""One connected client, seen from the host: frames in, a bounded queue out, never waited for."""

import socket
from collections.abc import Callable

from actors.terminals.event_loop import READ, WRITE, EventLoop, Timer
from actors.terminals.frames import FrameReader, FrameTooLargeError, frame
from actors.terminals.protocol import FromHost, encode

OUT_QUEUE_BYTES = 8 * 1024 * 1024
"""Past this a client is dropped: it asks and does not read."""

LAG_BYTES = 256 * 1024
"""Past this it gets no further output until it has read: it is in the log."""

STALL_SECONDS = 30.0
"""Dropped after taking nothing for so long while something waits for it."""

_RECEIVE_BYTES = 64 * 1024


class Peer:
    """`on_frame` gets each whole frame, `on_drained` room for output, `on_closed` the end, once."""

    def __init__(
        self,
        connection: socket.socket,
        loop: EventLoop,
        *,
        on_frame: Callable[["Peer", bytes], None],
        on_drained: Callable[["Peer"], None],
        on_closed: Callable[["Peer", str], None],
    ) -> None:
        self.name = ""
        self.is_open = True
        self._connection = connection
        self._loop = loop
        self._on_frame = on_frame
        self._on_drained = on_drained
        self._on_closed = on_closed
        self._reader = FrameReader()
        self._out = bytearray()
        self._taken_bytes = 0
        self._stall: Timer | None = None
        connection.setblocking(False)
        loop.register(
            connection.fileno(), READ, self._on_ready, lambda: self.close("failure in the host")
        )

    @property
    def is_greeted(self) -> bool:
        return bool(self.name)

    @property
    def is_gone(self) -> bool:
        """Whether the client has closed its side; what it said before may be still to be read."""
        try:
            return not self._connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    @property
    def pending_bytes(self) -> int:
        return len(self._out)

    @property
    def lags(self) -> bool:
        return len(self._out) >= LAG_BYTES

    def send(self, message: FromHost) -> None:
        """Queue it and send what the socket takes; drops the client past `OUT_QUEUE_BYTES`."""
        if not self.is_open:
            return
        self._out += frame(encode(message))
        self._flush()
        if len(self._out) > OUT_QUEUE_BYTES:
            self.close("does not read")

    def close_ungreeted(self) -> None:
        if not self.is_greeted:
            self.close("no hello")

    def close(self, reason: str) -> None:
        if not self.is_open:
            return
        self.is_open = False
        if self._stall is not None:
            self._stall.cancel()
        self._loop.unregister(self._connection.fileno())
        self._connection.close()
        self._out.clear()
        self._on_closed(self, reason)

    def _on_ready(self, events: int) -> None:
        if events & WRITE:
            self._flush()
            if self.is_open and not self.lags:
                self._on_drained(self)
        if events & READ and self.is_open:
            self._receive()

    def _receive(self) -> None:
        try:
            received = self._connection.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self.close(str(error))
            return
        if not received:
            self.close("closed by the client")
            return
        try:
            frames = self._reader.feed(received)
        except FrameTooLargeError as error:
            self.close(str(error))
            return
        for payload in frames:
            if self.is_open:
                self._on_frame(self, payload)

    def _flush(self) -> None:
        try:
            sent = self._connection.send(self._out)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self.close(str(error))
            return
        self._taken_bytes += sent
        del self._out[:sent]
        self._loop.watch_for(self._connection.fileno(), READ | WRITE if self._out else READ)
        if self._out and self._stall is None:
            taken = self._taken_bytes
            self._stall = self._loop.after(STALL_SECONDS, lambda: self._check_stall(taken))

    def _check_stall(self, taken_before: int) -> None:
        self._stall = None
        if self._out and self._taken_bytes == taken_before:
            self.close("does not read")
        elif self._out:
            taken = self._taken_bytes
            self._stall = self._loop.after(STALL_SECONDS, lambda: self._check_stall(taken))
