"""The first words between a client and the terminal host, on a new connection."""

import os
import socket
from pathlib import Path
from typing import NamedTuple

import msgspec

from actors.terminals import host_files, protocol
from actors.terminals.frames import FrameReader, FrameTooLargeError, frame
from actors.terminals.sockets import connect_unix, peer_uid

RECEIVE_BYTES = 64 * 1024
"""Above 128 KiB, the C library would fetch and return the memory of every read anew."""


class HostUnreachableError(Exception):
    """No host answered, and none could or may be started; the text says why."""


class Greeted(NamedTuple):
    """A connection, non-blocking from here on; `early` are frames that came with the welcome."""

    connection: socket.socket
    welcome: protocol.Welcome
    reader: FrameReader
    early: list[bytes]


def greet(data_directory: Path, *, client: str, timeout_seconds: float) -> Greeted:
    """Connect and greet; the timeout is for each wait. Raises OSError, HostUnreachableError."""
    connection = connect_unix(host_files.socket_path(data_directory), timeout_seconds)
    try:
        return _exchange_words(connection, client)
    except (msgspec.MsgspecError, FrameTooLargeError) as error:
        connection.close()
        raise HostUnreachableError(f"the host did not speak our protocol: {error}") from error
    except BaseException:
        connection.close()
        raise


def _exchange_words(connection: socket.socket, client: str) -> Greeted:
    if peer_uid(connection) != os.geteuid():
        raise HostUnreachableError("the socket is held by another user")
    hello = protocol.Hello(version=protocol.PROTOCOL_VERSION, client=client)
    connection.sendall(frame(protocol.encode(hello)))
    reader = FrameReader()
    first, *early = _first_frames(connection, reader)
    welcome = protocol.decode_from_host(first)
    if not isinstance(welcome, protocol.Welcome):
        raise HostUnreachableError("the host did not answer with a welcome")
    connection.setblocking(False)
    return Greeted(connection, welcome, reader, early)


def _first_frames(connection: socket.socket, reader: FrameReader) -> list[bytes]:
    while True:
        received = connection.recv(RECEIVE_BYTES)
        if not received:
            raise HostUnreachableError("the host closed the connection")
        frames = reader.feed(received)
        if frames:
            return frames
