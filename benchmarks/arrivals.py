"""Waits for files that are moved into a directory, as a script with inotifywait would."""

import ctypes
import os
import select
import struct
from contextlib import suppress
from pathlib import Path
from typing import Self

_IN_MOVED_TO = 0x80
_HEADER = struct.Struct("iIII")
_BUFFER_BYTES = 1 << 16
WAIT_SECONDS = 30.0


class Arrivals:
    """Of one directory; OSError, or AttributeError where there is no inotify."""

    def __init__(self, directory: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor: int = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        path = os.fsencode(directory)
        if libc.inotify_add_watch(self._descriptor, path, _IN_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), "cannot watch", str(directory))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def wait_for(self, name: str) -> None:
        """Returns when a file of that name has come."""
        while name not in self.next():
            pass

    def next(self) -> list[str]:
        """The names that came since the last call, at least one."""
        ready, _, _ = select.select([self._descriptor], [], [], WAIT_SECONDS)
        if not ready:
            raise RuntimeError(f"nothing has come for {WAIT_SECONDS:g} s")
        names: list[str] = []
        with suppress(BlockingIOError):
            while True:
                names += _names(os.read(self._descriptor, _BUFFER_BYTES))
        return names


def _names(raw: bytes) -> list[str]:
    names = []
    while raw:
        _, _, _, length = _HEADER.unpack_from(raw)
        end = _HEADER.size + length
        names.append(os.fsdecode(raw[_HEADER.size : end].rstrip(b"\0")))
        raw = raw[end:]
    return names
