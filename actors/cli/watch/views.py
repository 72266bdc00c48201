"""Where a watched status goes: a terminal's other screen, lines in a pipe, or JSON.

A view is a context; `show` is called with every status that is had, `problem` says why there is no
better one. What was shown before and has not changed is not written again.
"""

from __future__ import annotations

import json
import os
import termios
import tty
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from actors.cli.status_view import status_lines
from actors.cli.watch.frame import ENTER, LEAVE, drawn, window
from actors.cli.watch.settled import settled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self

    from actors.cli.console import Console, Line

    Json = dict[str, Any]

FOOTER = "live; q ends"
MOVES = {b"\x1b[A": -1, b"k": -1, b"\x1b[B": 1, b"j": 1}
PAGES = {b"\x1b[5~": -1, b"b": -1, b"\x1b[6~": 1, b" ": 1}
ENDS = (b"q", b"Q", b"\x1b")


class View(Protocol):
    """`keys` is the descriptor of what is typed to it, None where nobody types."""

    keys: int | None

    def __enter__(self) -> Self: ...

    def __exit__(self, *ended: object) -> None: ...

    def show(self, status: Json, problem: str) -> None: ...

    def resized(self) -> None: ...

    def leave(self) -> None:
        """As it was before, also before `__exit__`, which may come as well."""

    def typed(self) -> bool:
        """Take what was typed: True if that ends it."""


class _Lines:
    """To a pipe or file: a whole status whenever something happened."""

    keys: int | None = None

    def __init__(self, console: Console) -> None:
        self._console = console
        self._before: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        """Nothing is to be put back."""

    def show(self, status: Json, problem: str) -> None:
        now = settled(status), problem
        if now != self._before:
            is_first = self._before is None
            self._before = now
            self._write(status, problem, is_first=is_first)

    def _write(self, status: Json, problem: str, *, is_first: bool) -> None:
        if not is_first:
            self._console.line()
        self._console.lines(status_lines(status, datetime.now(UTC), boxes=False))
        if problem:
            self._console.error(problem)

    def resized(self) -> None:
        """A pipe has no size."""

    leave = resized

    def typed(self) -> bool:
        return False


class _JsonLines(_Lines):
    """The same, each status in a line of JSON."""

    def _write(self, status: Json, problem: str, *, is_first: bool) -> None:
        del problem, is_first
        self._console.out.write(json.dumps(status).replace("\x7f", "\\u007f") + "\n")
        self._console.out.flush()


class _Screen:
    """On a terminal, in place of what is there, which is put back."""

    def __init__(self, console: Console, in_fd: int) -> None:
        self._console = console
        self._out = console.out.fileno()
        self.keys: int | None = in_fd if os.isatty(in_fd) else None
        self._modes: list[Any] | None = None
        self._is_shown = False
        self._rows: list[str] = []
        self._top = 0
        self._told: tuple[Json, str] | None = None

    def __enter__(self) -> Self:
        self._enter()
        return self

    def __exit__(self, *ended: object) -> None:
        self.leave()

    def show(self, status: Json, problem: str) -> None:
        self._told = status, problem
        self._draw()

    def resized(self) -> None:
        """Also after a pause: whatever is on the screen now, it is drawn anew."""
        if not self._is_shown:
            self._enter()
        self._rows = []
        self._write("\x1b[2J")
        self._draw()

    def typed(self) -> bool:
        try:
            keys = os.read(self.keys, 64) if self.keys is not None else b""
        except OSError:
            keys = b""
        if not keys:
            return True
        if keys in ENDS:
            return True
        self._top += MOVES.get(keys, 0) + max(self._size[1] - 2, 1) * PAGES.get(keys, 0)
        self._draw()
        return False

    def leave(self) -> None:
        if self._is_shown:
            self._is_shown = False
            with suppress(OSError, termios.error):  # the terminal is gone
                self._write(LEAVE)
                if self._modes is not None and self.keys is not None:
                    termios.tcsetattr(self.keys, termios.TCSANOW, self._modes)

    def _enter(self) -> None:
        if self.keys is not None:
            self._modes = termios.tcgetattr(self.keys)
            tty.setcbreak(self.keys, termios.TCSANOW)
        self._is_shown = True
        self._write(ENTER)
        self._rows = []

    def _draw(self) -> None:
        if self._told is None:
            return
        status, problem = self._told
        columns, rows = self._size
        lines = status_lines(
            status, datetime.now(UTC), boxes=self._console.draws_boxes, columns=columns
        )
        footer: Line = [(self._console.hint(problem) or FOOTER, "warn" if problem else "dim")]
        lines = [[self._console.placed(span) for span in line] for line in lines]
        colour = self._console.has_colour
        shown, self._top = window(lines, footer, self._top, (columns, rows), colour=colour)
        self._write(drawn(self._rows, shown))
        self._rows = shown

    @property
    def _size(self) -> tuple[int, int]:
        """Columns and rows; a terminal that does not say has the usual ones."""
        columns, rows = os.get_terminal_size(self._out)
        return columns or 80, rows or 24

    def _write(self, text: str) -> None:
        view = memoryview(text.encode(self._console.out.encoding or "utf-8", "backslashreplace"))
        while view:
            view = view[os.write(self._out, view) :]


def view_for(console: Console, environ: Mapping[str, str]) -> View:
    """The view that suits what standard output is."""
    if console.json:
        return _JsonLines(console)
    is_screen = console.is_terminal and environ.get("TERM") not in {None, "", "dumb"}
    return _Screen(console, 0) if is_screen else _Lines(console)
