"""What attach itself says while the screen belongs to a program: on the last line.

With a status line that row is its own; without one a notice is drawn over it for a moment, and the
program draws over it again.
"""

from collections.abc import Callable

from actors.cli.printable import printable


class Notices:
    """`show` writes to the screen, `size` is (columns, rows)."""

    def __init__(
        self,
        name: str,
        show: Callable[[bytes], None],
        size: Callable[[], tuple[int, int]],
        *,
        has_line: bool = False,
        hint: str = "",
    ) -> None:
        self._name = name
        self._show = show
        self._size = size
        self._has_line = has_line
        self._hint = hint
        self._said = ""
        self._writer: str | None = None
        self._watchers = 0

    def rows_for_program(self, rows: int) -> int:
        return max(1, rows - 1) if self._has_line else rows

    def writer(self, owner: str | None) -> None:
        """Who types now; None is the daemon."""
        self._writer = owner
        self.drawn_over()

    def watchers(self, count: int) -> None:
        """So many are shown the terminal, this one among them."""
        if count != self._watchers:
            self._watchers = count
            self.drawn_over()

    def say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._draw(text)

    def clear(self) -> None:
        self._said = ""
        self.drawn_over()

    def drawn_over(self) -> None:
        """The program may have drawn over the status line: draw it anew."""
        if self._has_line:
            typing = f"{self._writer} types" if self._writer else "nobody types"
            shown = f"{self._watchers} are attached" if self._watchers > 1 else ""
            parts = (self._name, self._said or typing, shown, self._hint)
            self._draw(" · ".join(part for part in parts if part))

    def _draw(self, text: str) -> None:
        cols, rows = self._size()
        line = printable(text)[:cols].ljust(cols).encode(errors="replace")
        margins = b"\x1b[1;%dr" % self.rows_for_program(rows) if self._has_line else b""
        at = b"\x1b[%d;1H" % rows
        self._show(b"\x1b7" + margins + at + b"\x1b[0;7m" + line + b"\x1b[0m\x1b8")
