"""What is written to a terminal so that it shows some lines, and no more than that. PURE.

A line that is shown already is not written again. Nothing wraps: a line ends where the terminal
does, counted in its cells.
"""

from __future__ import annotations

from actors.cli.console import painted
from actors.cli.printable import cells, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from actors.cli.console import Line

ENTER = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J"
"""The other screen, so that this one is as before afterwards; without a cursor, empty."""
LEAVE = "\x1b[?25h\x1b[?1049l"


def drawn(before: Sequence[str], after: Sequence[str]) -> str:
    """From a screen that shows `before` to one that shows `after`, both a row a line."""
    changes = [
        f"\x1b[{row};1H{text}\x1b[K"
        for row, text in enumerate(after, 1)
        if row > len(before) or before[row - 1] != text
    ]
    if len(after) < len(before):
        changes.append(f"\x1b[{len(after) + 1};1H\x1b[J")
    return "".join(changes)


def window(
    lines: Sequence[Line], footer: Line, top: int, size: tuple[int, int], *, colour: bool
) -> tuple[list[str], int]:
    """The rows of a terminal of `size` (columns, rows), and the line that is really at its top."""
    columns, rows = size
    room = max(rows - 1, 1)
    top = max(0, min(top, len(lines) - room))
    shown = [*lines[top : top + room]]
    shown += [[] for _ in range(room - len(shown))]
    hidden = len(lines) > room
    where = f"  lines {top + 1} to {top + room} of {len(lines)}; arrows move" if hidden else ""
    if rows > 1:
        shown.append([*footer, (where, "dim")])
    return [row_of(each, columns, colour=colour) for each in shown], top


def row_of(line: Line, columns: int, *, colour: bool) -> str:
    """A line in so many cells; … stands for what is left out."""
    fit = [(printable(text), style) for text, style in line]
    if sum(cells(text) for text, _ in fit) > columns:
        fit = _cut(fit, columns)
    return "".join(painted(span, colour) for span in fit)


def _cut(spans: Line, columns: int) -> Line:
    kept: Line = []
    room = columns - 1
    for text, style in spans:
        for at, character in enumerate(text):
            room -= cells(character)
            if room < 0:
                return [*kept, (text[:at], style), ("…" if columns > 1 else "", "")]
        kept.append((text, style))
    return kept
