"""Makes text from outside fit for a screen.

Promises that what comes out moves no cursor, hides nothing and reverses no reading direction:
terminal sequences are taken out, other control characters are shown as escapes.
"""

from __future__ import annotations

_SEQUENCES = (
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x9b[0-?]*[ -/]*[@-~]"  # CSI in one character
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, SOS, PM, APC up to their end
    r"|\x1b[ -/]+[0-~]"  # character sets and the like
    r"|\x1b[0-OQ-WYZ\\`-~]"  # two characters
)
_TO_THE_RIGHT = r"\x1b\[(\d{0,3})C"
_WIDEST = 200
_TAB = 4
_UNFIT = (
    r"[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    r"\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # invisible, separators, bidi
    r"\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"  # annotations, halves, tags
)


def printable(text: str, *, multiline: bool = False) -> str:
    """`text` without anything that a terminal would obey.

    With `multiline` newlines and tabs stay, a carriage return within a line becomes a newline, and
    where the cursor was moved to the right are blanks; without it newlines, tabs and returns are
    shown as escapes too, so that the result is one line.
    """
    if text.isascii() and text.isprintable():
        return text
    import re

    if multiline:
        text = re.sub(_TO_THE_RIGHT, lambda found: " " * min(int(found[1] or 1), _WIDEST), text)
    text = re.sub(_SEQUENCES, "", text)
    if multiline:
        text = re.sub(r"\r+\n", "\n", text)
        text = re.sub(r"(?:(?<=\n)|\A)\r+", "", text)
        text = re.sub(r"\r+", "\n", text)
    return re.sub(_UNFIT, lambda found: _escape(found[0], multiline), text)


def cells(text: str) -> int:
    """How many cells of a screen it takes; where no terminals agree about one, the most."""
    if text.isascii():
        return len(text)
    from wcwidth import wcwidth

    return sum(max(wcwidth(each), 0) for each in text)


def shown_lines(text: str) -> list[str]:
    """`text` line by line, each fit for a screen, with blanks for tabs; none for an empty one."""
    shown = printable(text, multiline=True).removesuffix("\n").expandtabs(_TAB)
    return shown.split("\n") if text else []


def _escape(character: str, multiline: bool) -> str:
    if multiline and character in "\n\t":
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")
