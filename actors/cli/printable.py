"""Makes text from outside fit for a screen.

Promises that what comes out moves no cursor, hides nothing and reverses no reading direction:
whatever a terminal would obey, or nobody would see, is shown as an escape, so that people decide
about all that is there. Only of what a terminal showed before is that taken out which did so.
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
_EMOJI = r"\xa9\xae\u203c\u2049\u2122-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_JOINED = rf"\u0600-\u0dff{_EMOJI}"
"""Emoji, and the letters of Arabic and India: these are written with joiners between them."""
_UNFIT = (
    r"[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"  # not to be seen
    r"\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"  # annotations, halves, tags
    rf"|(?<![{_JOINED}])(?<![{_EMOJI}]\ufe0f)[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])"
    rf"|(?<![{_EMOJI}])[\ufe00-\ufe0f](?!\u20e3)"  # which of two forms an emoji has
)


def printable(text: str, *, multiline: bool = False) -> str:
    """All of `text`, with an escape in place of each character that is obeyed or not seen.

    With `multiline` newlines and tabs stay; without it they are escapes too: it is one line.
    """
    if text.isascii() and text.isprintable():
        return text
    import re

    return re.sub(_UNFIT, lambda found: _escape(found[0], multiline), text)


def as_on_screen(text: str) -> str:
    """What the output of a program read like on its terminal, fit for a screen, in many lines.

    Sequences are taken out, but for blanks where the cursor was moved to the right; a return within
    a line begins a new one. Not for what somebody is to decide about: `printable` hides nothing.
    """
    import re

    text = re.sub(_TO_THE_RIGHT, lambda found: " " * min(int(found[1] or 1), _WIDEST), text)
    text = re.sub(_SEQUENCES, "", text)
    text = re.sub(r"\r+\n", "\n", text)
    text = re.sub(r"(?:(?<=\n)|\A)\r+", "", text)
    return printable(re.sub(r"\r+", "\n", text), multiline=True)


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
