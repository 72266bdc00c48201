"""A log file that cannot fill the disk: what a foreign program says on its stderr.

Two segments: at half the limit the file moves to `.1` and a new one begins, so that the last half
of the limit is always there. Remembers the last lines for whoever reports the program's end.
"""

import os
from contextlib import suppress
from pathlib import Path

LIMIT_BYTES = 512 * 1024
REMEMBERED_BYTES = 2048


class BoundedLog:
    """Appends to `path` (none: only remembers). A disk that refuses loses lines, nothing else."""

    def __init__(self, path: Path | None, limit_bytes: int = LIMIT_BYTES) -> None:
        self._path = path
        self._segment_bytes = limit_bytes // 2
        self._last = b""

    def append(self, piece: bytes) -> None:
        self._last = (self._last + piece)[-REMEMBERED_BYTES:]
        if self._path is not None:
            with suppress(OSError):
                self._write(self._path, piece[-self._segment_bytes :])

    @property
    def last_line(self) -> str:
        """The last line that says something, or nothing."""
        lines = self._last.decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _write(self, path: Path, piece: bytes) -> None:
        if self._size(path) + len(piece) > self._segment_bytes:
            path.replace(path.with_name(f"{path.name}.1"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o600)
        try:
            os.write(descriptor, piece)
        finally:
            os.close(descriptor)

    @staticmethod
    def _size(path: Path) -> int:
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return 0
