"""How far a long run is: a bar on a terminal, else a plain note each second, on standard error."""

from __future__ import annotations

import time
from contextlib import contextmanager

from actors.cli.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from actors.cli.console import Console

SILENT_SECONDS = 1.0
"""What is done within this says nothing."""
NOTE_SECONDS = 1.0
DRAW_SECONDS = 0.1
BAR_WIDTH = 30
MOVING_WIDTH = 6


class Progress:
    """`of` is what is counted. Call `show` as often as you like, and `end` before other output."""

    def __init__(
        self, console: Console, of: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._of = of
        self._clock = clock
        self._is_terminal = console.err.isatty()
        self._due = clock() + SILENT_SECONDS
        self._drawn = 0

    def show(self, done: int, total: int) -> None:
        if self._clock() < self._due:
            return
        text = f"{done} of {total} {self._of}"
        if self._is_terminal:
            filled = BAR_WIDTH * done // max(total, 1)
            self._draw(f"[{'#' * filled:.<{BAR_WIDTH}}] {text}")
        else:
            self._console.note(text)
        self._due = self._clock() + (DRAW_SECONDS if self._is_terminal else NOTE_SECONDS)

    def within(self, before: int, total: int) -> Callable[[int], None]:
        """For a part of the run, which says how much of itself is done; `before` is behind."""
        return lambda done: self.show(before + done, total)

    def end(self) -> None:
        """Leaves the line of the bar empty."""
        if self._drawn:
            self._draw("")
            self._console.err.write("\r")
            self._console.err.flush()

    def _draw(self, text: str) -> None:
        self._console.err.write(f"\r{text:{self._drawn}}")
        self._console.err.flush()
        self._drawn = len(text)


@contextmanager
def waiting(console: Console, what: str) -> Iterator[None]:
    """Says so when what is waited for takes long, of which nobody knows how far it is.

    On a terminal as a bar that moves, with the seconds; elsewhere as one note.
    """
    import threading

    over = threading.Event()
    thread = threading.Thread(target=_say, args=(console, what, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _say(console: Console, what: str, over: Event) -> None:
    if over.wait(SILENT_SECONDS):
        return
    if not console.err.isatty():
        console.note(f"{what} …")
        return
    began = time.monotonic() - SILENT_SECONDS
    while not over.wait(DRAW_SECONDS):
        spent = time.monotonic() - began
        at = int(spent / DRAW_SECONDS) % (BAR_WIDTH - MOVING_WIDTH + 1)
        bar = f"{'.' * at}{'#' * MOVING_WIDTH}{'.' * (BAR_WIDTH - MOVING_WIDTH - at)}"
        text = f"[{bar}] {printable(what)}, {spent:.0f} s"
        console.err.write(f"\r{text:{console.bar_width}}")
        console.err.flush()
        console.bar_width = len(text)
    console.err.write(f"\r{'':{console.bar_width}}\r")
    console.bar_width = 0
    console.err.flush()
