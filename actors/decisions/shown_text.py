"""PURE: whether a screen shows a text that was typed, and where.

A program wraps what is typed, draws a frame around it, or shows a placeholder for a paste; so only
letters and digits count, of the end of the text, whatever stands between them.
"""

import re
import unicodedata
from collections.abc import Sequence

TAIL = 40
"""So many letters and digits at the end of a text stand for it."""
FEW = 8
"""A text with fewer is looked for as words of its own."""
LONGEST_LINE = 100
_FRAMES = re.compile("[\\s\u2500-\u259f|]+")


def standing(text: str, lines: Sequence[str], placeholders: Sequence[str]) -> int:
    """How often the text, or a placeholder for one, stands on the screen."""
    held = sum(line.count(each) for line in lines for each in placeholders)
    return held + len(_ends(text, lines))


def lines_below(text: str, lines: Sequence[str], placeholders: Sequence[str]) -> int | None:
    """How many lines with text stand below its last place; None if it is nowhere."""
    rows = [row for row, line in enumerate(lines) if any(each in line for each in placeholders)]
    last = max([*_ends(text, lines), *rows], default=None)
    return None if last is None else sum(bool(line.strip()) for line in lines[last + 1 :])


def is_before_cursor(text: str, lines: Sequence[str], row: int, col: int) -> bool:
    """Whether the cursor stands right behind the text; at the beginning of a row it does not: the
    text above is a line of its own, as of a program that repeats what it was told.
    """
    if col == 0:
        return False
    before = [*lines[:row], _first_cells(lines[row], col) if row < len(lines) else ""]
    seen, wanted = _visible("".join(before)), _visible(text)
    is_last = bool(wanted) and seen.endswith(wanted[-1])
    return is_last and _squeezed(seen).endswith(_squeezed(text)[-TAIL:])


def is_part_of(line: str, text: str) -> bool:
    """Whether a line of the screen may be the text's own."""
    return _squeezed(line) in _squeezed(text)


def is_told(told: str, text: str) -> bool:
    """Whether an agent that tells `told` of a prompt means this one; it may tell its beginning."""
    short, long = sorted((_squeezed(told), _squeezed(text)), key=len)
    return not told or short == long or (len(short) >= TAIL and long.startswith(short))


def last_lines(lines: Sequence[str], count: int = 6) -> str:
    """The end of what the screen shows, for people."""
    shown = [line.strip()[:LONGEST_LINE] for line in lines if line.strip()]
    return "\n".join(shown[-count:])


def _ends(text: str, lines: Sequence[str]) -> list[int]:
    """The rows in which the text ends."""
    wanted = _squeezed(text)
    if not wanted:  # it looks like a part of a frame
        return [row for row, line in enumerate(lines) for _ in range(line.count(text.strip()))]
    if len(wanted) < FEW or not _letters(text):
        words = re.compile(rf"(?<!\w){re.escape(_visible(text, ' ').strip())}(?!\w)")
        return [row for row, line in enumerate(lines) for _ in words.finditer(_visible(line, " "))]
    rows: list[int] = []
    pieces = [_letters(line) for line in lines]
    whole, tail = "".join(pieces), wanted[-TAIL:]
    at = whole.find(tail)
    while at >= 0:
        rows.append(_row_of(at + len(tail), pieces))
        at = whole.find(tail, at + len(tail))
    return rows


def _row_of(end: int, pieces: Sequence[str]) -> int:
    for row, piece in enumerate(pieces):
        end -= len(piece)
        if end <= 0:
            return row
    return len(pieces) - 1


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", text)))


def _squeezed(text: str) -> str:
    """The letters and digits; of a text without any what can be seen."""
    return _letters(text) or _visible(text)


def _visible(text: str, blank: str = "") -> str:
    return _FRAMES.sub(blank, unicodedata.normalize("NFC", text))


def _first_cells(line: str, count: int) -> str:
    """What stands in the first cells of a row; wide characters take two."""
    width = 0
    for at, character in enumerate(line):
        if width >= count:
            return line[:at]
        if not unicodedata.combining(character):
            width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return line
