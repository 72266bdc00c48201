"""Unix stream sockets for one user: made 0600, the peer's user known, at paths of any length.

The kernel takes 107 bytes of path; longer ones go through a descriptor of the directory.
"""

import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_PATH_BYTES = 107
_BACKLOG = 64
_FULL_SECONDS = 0.005


def listen_unix(path: Path) -> socket.socket:
    """A listening, non-blocking socket at `path`, 0600; what was there is replaced at once.

    It is bound under another name and renamed, so that nobody meets a half-made one.
    Raises OSError.
    """
    made = path.with_name(f".{path.name}.{os.getpid()}")
    made.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.fchmod(listener.fileno(), 0o600)
        with _address(made) as address:
            listener.bind(address)
        made.chmod(0o600)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        made.replace(path)
    except BaseException:
        listener.close()
        made.unlink(missing_ok=True)
        raise
    return listener


def connect_unix(path: Path, timeout_seconds: float) -> socket.socket:
    """A connected socket with that timeout set. Raises OSError."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_seconds)
        with _address(path) as address:
            _connect(connection, address, time.monotonic() + timeout_seconds)
    except BaseException:
        connection.close()
        raise
    return connection


def begin_connection(path: Path) -> socket.socket:
    """A connected, non-blocking socket. BlockingIOError if the listener has no room; OSError."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        with _address(path) as address:
            connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(connection: socket.socket, address: str, deadline: float) -> None:
    """Where more want in than the listener has room for, the kernel says so and does not wait."""
    while True:
        try:
            connection.connect(address)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_FULL_SECONDS)
        else:
            return


def peer_uid(connection: socket.socket) -> int:
    """The user on the other side, as the kernel knows it."""
    if not hasattr(socket, "SO_PEERCRED"):
        return _peer_uid_bsd(connection)
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    uid: int = struct.unpack("3i", credentials)[1]
    return uid


def _peer_uid_bsd(connection: socket.socket) -> int:
    """`struct xucred` by LOCAL_PEERCRED at SOL_LOCAL, from <sys/un.h> and <sys/ucred.h>."""
    version_and_uid = struct.unpack("2I", connection.getsockopt(0, 1, 8))
    return int(version_and_uid[1])


@contextmanager
def _address(path: Path) -> Iterator[str]:
    if len(os.fsencode(path)) <= MAX_PATH_BYTES:
        yield str(path)
        return
    directory_fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory_fd}/{path.name}"
    finally:
        os.close(directory_fd)
