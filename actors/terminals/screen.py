"""What a terminal shows at a moment, made from its output: the rows, the cursor, the title.

For whoever needs a look, and no longer: never in the path of the bytes. Whatever the output holds,
nothing raises, and no more is held than the cells of a screen of `MOST_COLS` x `MOST_ROWS`, twice.
The cells are pyte's; how output is read is ours (`sequences`), since pyte's reader fails on some.
"""

import unicodedata
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from pyte.modes import DECAWM, DECOM, IRM
from pyte.screens import Cursor, Margins
from pyte.screens import Screen as Cells
from wcwidth import wcwidth

from actors.terminals import sequences as s

MOST_COLS = 500
MOST_ROWS = 200
MOST_TITLE = 256
_MOST_MARKS = 8
"""Marks put upon one character, as accents are."""

_JOINER = "\u200d"
_ALTERNATE = frozenset({47, 1047, 1049})

_AT_MOST_ONE = {
    "@": "insert_characters",
    "A": "cursor_up",
    "B": "cursor_down",
    "C": "cursor_forward",
    "D": "cursor_back",
    "E": "cursor_down1",
    "F": "cursor_up1",
    "G": "cursor_to_column",
    "K": "erase_in_line",
    "L": "insert_lines",
    "M": "delete_lines",
    "P": "delete_characters",
    "X": "erase_characters",
    "`": "cursor_to_column",
    "a": "cursor_forward",
    "d": "cursor_to_line",
    "e": "cursor_down",
    "J": "erase_in_display",
    "S": "scroll_up",
    "T": "scroll_down",
    "b": "repeat",
    "s": "save_cursor",
    "u": "restore_cursor",
}
_AT_MOST_TWO = {"H": "cursor_position", "f": "cursor_position", "r": "set_margins"}
_ESCAPES = {
    "D": "index",
    "E": "next_line",
    "M": "reverse_index",
    "7": "save_cursor",
    "8": "restore_cursor",
    "c": "reset",
}
_CONTROLS = {
    "\b": "backspace",
    "\t": "tab",
    "\n": "linefeed",
    "\v": "linefeed",
    "\f": "linefeed",
    "\r": "carriage_return",
}


class Place(Struct, frozen=True):
    """From 0."""

    col: int
    row: int


class Look(Struct, frozen=True, kw_only=True):
    """`lines`: every row, without blanks at its end. `offset`: up to where output is on it."""

    lines: tuple[str, ...]
    cursor: Place
    cols: int
    rows: int
    title: str
    offset: int


class _Cells(Cells):
    """pyte's, without what grows or fails, and with what it lacks."""

    def __init__(self, cols: int, rows: int) -> None:
        self._main: tuple[Any, Cursor] | None = None
        self._saved = (0, 0)
        self._last = ""
        super().__init__(cols, rows)

    def draw(self, data: str) -> None:
        if data.isascii():
            super().draw(data)
            self._last = data[-1]
            return
        for character in data:
            width = wcwidth(character)
            if width > 0:
                super().draw(character)
                self._last = character
            elif character == _JOINER or unicodedata.category(character)[0] == "M":
                self._mark(character)

    def _mark(self, mark: str) -> None:
        line = self.buffer[self.cursor.y]
        at = self.cursor.x - 1
        if at > 0 and not line[at].data:  # the second half of a wide one
            at -= 1
        if at >= 0 and 0 < len(line[at].data) <= _MOST_MARKS:
            line[at] = line[at]._replace(data=line[at].data + mark)

    def repeat(self, count: int = 0) -> None:
        if self._last:
            self.draw(self._last * min(count or 1, self.columns))

    def next_line(self) -> None:
        self.carriage_return()
        self.index()

    def scroll_up(self, count: int = 0) -> None:
        self._scroll(self.delete_lines, count)

    def scroll_down(self, count: int = 0) -> None:
        self._scroll(self.insert_lines, count)

    def _scroll(self, move: Callable[[int], None], count: int) -> None:
        x, y = self.cursor.x, self.cursor.y
        self.cursor.y = self.margins.top if self.margins else 0
        move(count or 1)
        self.cursor.x, self.cursor.y = x, y

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        y = self.cursor.y
        whole = {0: range(y + 1, self.lines), 1: range(y), 2: range(self.lines)}.get(how, range(0))
        for each in whole:
            self.buffer.pop(each, None)
        if how in {0, 1}:
            self.erase_in_line(how)

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        if how in {0, 1, 2}:
            super().erase_in_line(how)

    def save_cursor(self, *numbers: int) -> None:
        self._saved = self.cursor.x, self.cursor.y

    def restore_cursor(self, *numbers: int) -> None:
        self.cursor.x, self.cursor.y = self._saved
        self.ensure_hbounds()
        self.ensure_vbounds()

    def reset(self) -> None:
        super().reset()
        self._main = None
        self._saved = (0, 0)
        self._last = ""

    def cursor_to_line(self, line: int | None = None) -> None:
        top = self.margins.top if self.margins and DECOM in self.mode else 0
        self.cursor.y = top + (line or 1) - 1
        self.ensure_vbounds()

    def set_margins(self, top: int | None = None, bottom: int | None = None) -> None:
        super().set_margins(top or 1, bottom or self.lines)
        if self.margins == Margins(0, self.lines - 1):
            self.margins = None

    def switch(self, number: int, on: bool, private: bool) -> None:
        """The modes that decide where text stands."""
        if private and number in _ALTERNATE:
            self._alternate(on)
        elif private and number in {6, 7}:
            mode = DECOM if number == 6 else DECAWM
            self.mode.add(mode) if on else self.mode.discard(mode)
            if number == 6:
                self.cursor_position()
        elif not private and number == IRM:
            self.mode.add(IRM) if on else self.mode.discard(IRM)

    def _alternate(self, on: bool) -> None:
        """The other screen, which full-screen programs use, and back."""
        if on and self._main is None:
            self._main = (dict(self.buffer), self.cursor)
            self.cursor = Cursor(self.cursor.x, self.cursor.y)
            self.buffer.clear()
        elif not on and self._main is not None:
            kept, self.cursor = self._main
            self._main = None
            self.buffer.clear()
            self.buffer.update(kept)
            self.ensure_hbounds()
            self.ensure_vbounds()

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Rows go at the end while they are below the cursor, else at the top, as in xterm."""
        lines, columns = lines or self.lines, columns or self.columns
        gone = max(self.cursor.y - lines + 1, 0)
        kept = {y - gone: line for y, line in self.buffer.items() if gone <= y < lines + gone}
        for line in kept.values():
            for x in [x for x in line if x >= columns]:
                del line[x]
        self.buffer.clear()
        self.buffer.update(kept)
        self.lines, self.columns, self.margins = lines, columns, None
        self.cursor.y -= gone
        self.ensure_hbounds()
        self.ensure_vbounds()


class Screen:
    """Not for two threads at once. A size beyond the bounds is cut to them."""

    def __init__(self, cols: int, rows: int) -> None:
        self._cells = _Cells(_within(cols, MOST_COLS), _within(rows, MOST_ROWS))
        self._tokens = s.Tokens()
        self._title = ""

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._cells.columns, self._cells.lines

    @property
    def cursor(self) -> Place:
        return Place(min(self._cells.cursor.x, self._cells.columns - 1), self._cells.cursor.y)

    def feed(self, data: bytes) -> None:
        """The next of the output; it may begin and end anywhere."""
        for token in self._tokens.read(data):
            match token:
                case s.Text(characters):
                    self._cells.draw(characters)
                case s.Control(character):
                    self._do(_CONTROLS.get(character))
                case s.Escape(final):
                    self._do(_ESCAPES.get(final))
                    self._title = "" if final == "c" else self._title
                case s.Charset(code):
                    self._cells.define_charset(code, "(")
                case s.Title(text):
                    self._title = text[:MOST_TITLE]
                case s.Sequence():
                    self._obey(token)

    def resize(self, cols: int, rows: int) -> None:
        self._cells.resize(_within(rows, MOST_ROWS), _within(cols, MOST_COLS))

    def lines(self) -> tuple[str, ...]:
        """Every row, without blanks at its end."""
        columns, buffer = self._cells.columns, self._cells.buffer
        return tuple(
            _row([buffer[y][x].data for x in range(columns)]) if y in buffer else ""
            for y in range(self._cells.lines)
        )

    def text(self) -> str:
        """The rows with a newline between them, without the blank ones at the end."""
        return "\n".join(self.lines()).rstrip("\n")

    def look(self, offset: int) -> Look:
        """What it shows; `offset` is where the output ends that it was fed."""
        cols, rows = self.size
        return Look(
            lines=self.lines(),
            cursor=self.cursor,
            cols=cols,
            rows=rows,
            title=self._title,
            offset=offset,
        )

    def _do(self, name: str | None, *numbers: int) -> None:
        if name is not None:
            getattr(self._cells, name)(*numbers)

    def _obey(self, sequence: s.Sequence) -> None:
        final, numbers = sequence.final, sequence.numbers
        if final in "hl":
            for number in numbers:
                self._cells.switch(number, final == "h", sequence.private)
        elif final in _AT_MOST_ONE and not (sequence.private and final not in "JK"):
            self._do(_AT_MOST_ONE[final], numbers[0])
        elif final in _AT_MOST_TWO and not sequence.private:
            self._do(_AT_MOST_TWO[final], *numbers[:2])


def _row(cells: list[str]) -> str:
    """A wide character has an empty cell after it; half of one that was written over is blank."""
    shown: list[str] = []
    for cell, after in zip(cells, [*cells[1:], ""], strict=True):
        if not cell:
            is_half = not shown or wcwidth(shown[-1][:1]) != 2
            shown.append(" " if is_half else "")
        elif after and not cell.isascii() and wcwidth(cell[0]) == 2:
            shown.append(" ")
        else:
            shown.append(cell)
    return "".join(shown).rstrip(" ")


def _within(size: int, most: int) -> int:
    return min(max(size, 1), most)
