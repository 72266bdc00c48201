"""A connection to the terminal host for the I/O loop: what comes is read when it is asked for, or
handed out at once.

Whoever does not ask holds the host up no more than any slow client: it goes on from the log.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

from actors.terminals import host_files, protocol
from actors.terminals.frames import FrameReader, FrameTooLargeError, frame
from actors.terminals.greeting import RECEIVE_BYTES, HostUnreachableError
from actors.terminals.sockets import begin_connection, peer_uid

KEPT_BYTES = 128 * 1024
"""With so much that nobody has asked for, nothing more is read than the rest of its message."""

_FULL_SECONDS = 0.005

Heard = Callable[[list[protocol.FromHost]], object]


class HostStream(asyncio.BufferedProtocol):
    """Use `connect`; all of it on the loop. One that has ended stays ended."""

    def __init__(self) -> None:
        self.welcome: protocol.Welcome
        self._transport: asyncio.Transport
        self._frames = FrameReader()
        self._buffer = memoryview(bytearray(RECEIVE_BYTES))
        self._messages: list[protocol.FromHost] = []
        self._kept_bytes = 0
        self._is_held = False
        self._came = asyncio.Event()
        self._has_ended = False
        self._heard: Heard | None = None

    @classmethod
    async def connect(cls, data_directory: Path, client: str, timeout_seconds: float) -> Self:
        """Greeted. OSError, of which TimeoutError is one, or HostUnreachableError."""
        async with asyncio.timeout(timeout_seconds):
            connection = await _connected(host_files.socket_path(data_directory))
            made = cls()
            try:
                loop = asyncio.get_running_loop()
                await loop.create_unix_connection(lambda: made, sock=connection)
            except BaseException:
                connection.close()
                raise
            try:
                await made._greet(client)
            except BaseException:
                made.close()
                raise
            return made

    async def _greet(self, client: str) -> None:
        self.send(protocol.Hello(version=protocol.PROTOCOL_VERSION, client=client))
        words = await self.receive()
        if not words or not isinstance(words[0], protocol.Welcome):
            raise HostUnreachableError("the host did not answer with a welcome")
        self.welcome = words[0]
        self._messages[:0] = words[1:]

    def terminal(self, key: str) -> protocol.TerminalState | None:
        """As the host had it when it was greeted."""
        return next((state for state in self.welcome.terminals if state.key == key), None)

    def send(self, message: protocol.ToHost) -> None:
        """Queued; an end shows in what is received. ValueError if it cannot be encoded."""
        self._transport.write(frame(protocol.encode(message)))

    async def receive(self) -> list[protocol.FromHost]:
        """All that has come, at least one message; none at the end of the connection.

        What only a newer host says is passed over.
        """
        while not self._messages and not self._has_ended:
            self._came.clear()
            await self._came.wait()
        messages, self._messages = self._messages, []
        self._kept_bytes = 0
        if self._is_held:
            self._is_held = False
            self._transport.resume_reading()
        return messages

    def hand_out(self, heard: Heard) -> None:
        """From now on `heard` is called with all that comes, at once; with nothing at the end."""
        self._heard = heard
        messages, self._messages = self._messages, []
        if messages:
            heard(messages)
        if self._has_ended:
            heard([])

    def close(self) -> None:
        """The host sees the end, and lets go of all that hung on it."""
        self._transport.close()

    # Called by the loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, _: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, count: int) -> None:
        try:
            frames = self._frames.feed(bytes(self._buffer[:count]))
            read = [protocol.decode_from_host(each) for each in frames]
        except (FrameTooLargeError, msgspec.MsgspecError):
            self._transport.abort()
            return
        messages = [message for message in read if message is not None]
        if self._heard is not None:
            if messages:
                self._heard(messages)
            return
        self._messages += messages
        self._kept_bytes += count
        if self._messages and self._kept_bytes >= KEPT_BYTES:
            self._is_held = True
            self._transport.pause_reading()
        self._came.set()

    def connection_lost(self, _: Exception | None) -> None:
        self._has_ended = True
        self._came.set()
        if self._heard is not None:
            self._heard([])


async def _connected(path: Path) -> socket.socket:
    """Where more want in than the host has room for, wait for some."""
    while True:
        with suppress(BlockingIOError):
            connection = begin_connection(path)
            break
        await asyncio.sleep(_FULL_SECONDS)
    if peer_uid(connection) != os.geteuid():
        connection.close()
        raise HostUnreachableError("the socket is held by another user")
    return connection
