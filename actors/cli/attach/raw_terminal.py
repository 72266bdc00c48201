"""A person's own terminal, raw while it shows another; put back on every way out but SIGKILL."""

import errno
import os
import select
import termios
import tty
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from actors.terminals.screen_modes import ScreenModes

_READ_BYTES = 64 * 1024


class RawTerminal:
    """As a context: raw inside. `show` follows which modes the output leaves it in."""

    def __init__(self, in_fd: int, out_fd: int) -> None:
        self.in_fd = in_fd
        self._out_fd = out_fd
        self._modes = ScreenModes()
        self._before: list[Any] | None = None

    def __enter__(self) -> Self:
        self.make_raw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.put_back()

    def make_raw(self) -> None:
        """Raises OSError or termios.error if it is no terminal."""
        self._before = termios.tcgetattr(self.in_fd)
        _until_set(lambda: tty.setraw(self.in_fd, termios.TCSANOW))

    def put_back(self) -> None:
        """As it was before; answers of the terminal that nobody wants any more are dropped."""
        before, self._before = self._before, None
        if before is None:
            return
        try:
            self._write(self._modes.leave())
            self._modes = ScreenModes()
        finally:
            termios.tcflush(self.in_fd, termios.TCIFLUSH)
            _until_set(lambda: termios.tcsetattr(self.in_fd, termios.TCSANOW, before))

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, at least one of each."""
        try:
            cols, rows = os.get_terminal_size(self._out_fd)
        except OSError:
            return 80, 24
        return max(cols, 1), max(rows, 1)

    def read(self) -> bytes:
        """What was typed; empty when the terminal is gone."""
        try:
            return os.read(self.in_fd, _READ_BYTES)
        except OSError:
            return b""

    def show(self, output: bytes) -> None:
        """Raises OSError when the terminal is gone."""
        self._modes.feed(output)
        self._write(output)

    def _write(self, output: bytes) -> None:
        view = memoryview(output)
        while view:
            try:
                view = view[os.write(self._out_fd, view) :]
            except BlockingIOError:
                select.select([], [self._out_fd], [])


def _until_set(change: Callable[[], object]) -> None:
    """A shell lets one in the background wait here, and continues it with a signal."""
    while True:
        try:
            change()
        except termios.error as error:
            if error.args[0] != errno.EINTR:
                raise
        else:
            return
