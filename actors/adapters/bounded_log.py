"""A log file that cannot fill the disk: what a foreign program says on its stderr.

Two segments: at half the limit the file moves to `.1` and a new one begins, so that the last half
of the limit is always there. Remembers the last lines for whoever reports the program's end.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

LIMIT_BYTES = 512 * 1024
REMEMBERED_BYTES = 2048
LONGEST_LINE_BYTES = 16 * 1024


class BoundedLog:
    """Appends to `path` (none: only remembers). A disk that refuses loses lines, nothing else.

    `hidden` takes out of the text of a line what nobody may see; so a line waits for its end.
    """

    def __init__(
        self,
        path: Path | None,
        limit_bytes: int = LIMIT_BYTES,
        hidden: Callable[[str], str] = lambda text: text,
    ) -> None:
        self._path = path
        self._segment_bytes = limit_bytes // 2
        self._hidden = hidden
        self._begun = b""
        self._last = b""

    def append(self, piece: bytes) -> None:
        lines, end, self._begun = (self._begun + piece).rpartition(b"\n")
        self._take(lines + end)
        if len(self._begun) > LONGEST_LINE_BYTES:
            self.end()

    def end(self) -> None:
        """No more comes of a line that was begun."""
        begun, self._begun = self._begun, b""
        self._take(begun)

    def _take(self, lines: bytes) -> None:
        if not lines:
            return
        text = lines.decode(errors="surrogateescape")
        shown = self._hidden(text).encode(errors="surrogateescape")
        self._last = (self._last + shown)[-REMEMBERED_BYTES:]
        if self._path is not None:
            with suppress(OSError):
                self._write(self._path, shown[-self._segment_bytes :])

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
