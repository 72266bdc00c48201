"""What a terminal is told, in tokens: text, control characters, and the sequences we know.

Promises to pass on nothing but what a screen can do, with numbers of a bounded size, and to hold
no more than `PENDING_CHARACTERS` of a sequence that has not ended. Colours and whatever else does
not move text are left out; what they mean is for nobody here.
"""

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

PENDING_CHARACTERS = 4096
LARGEST_NUMBER = 9999
_MOST_NUMBERS = 16

_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|\x1b\[(?P<private>\??)(?P<numbers>[0-9;]*)(?P<final>[@-~])"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # one that we do not know
    r"|\x1b\](?P<osc>[^\x07\x18\x1a\x1b]*)(?:\x07|\x18|\x1a|\x1b\\|(?=\x1b[^\\]))"
    r"|\x1b[PX^_][^\x18\x1a\x1b]*(?:\x18|\x1a|\x1b\\|(?=\x1b[^\\]))"
    r"|\x1b\((?P<charset>[0B])"
    r"|\x1b[ -/]+[0-~]"  # other character sets and the like
    r"|\x1b(?P<escape>[0-OQ-WYZ\\`-~])"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f])"
)
_BEGUN = re.compile(
    r"\x1b(?:|[ -/]+|\[[0-?]*[ -/]*|\][^\x07\x18\x1a\x1b]*\x1b?|[PX^_][^\x18\x1a\x1b]*\x1b?)"
)
_STRING_END = re.compile(r"\x07|\x18|\x1a|\x1b\\|(?=\x1b[^\\])")


class Text(NamedTuple):
    characters: str


class Control(NamedTuple):
    """A control character, as itself."""

    character: str


class Escape(NamedTuple):
    """ESC and this character."""

    final: str


class Sequence(NamedTuple):
    """`ESC [ 1 ; 2 H` is final `H` with 1 and 2; an absent number is 0."""

    final: str
    numbers: tuple[int, ...]
    private: bool


class Charset(NamedTuple):
    """`0`: letters are lines of boxes from here on; `B`: they are letters again."""

    code: str


class Title(NamedTuple):
    text: str


Token = Text | Control | Escape | Sequence | Charset | Title


class Tokens:
    """Bytes in pieces, as they come; a character or sequence may be cut anywhere."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._is_in_string = False

    def read(self, data: bytes) -> Iterator[Token]:
        text = self._pending + self._decoder.decode(data)
        self._pending = ""
        at = self._string_end(text) if self._is_in_string else 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found:
                at = found.end()
                yield from _token(found)
            elif _BEGUN.fullmatch(text, at):
                self._keep(text[at:])
                return
            else:
                at += 1  # nothing that anybody could obey

    def _keep(self, begun: str) -> None:
        """Wait for the rest, or pass over all of it when it is too long to be anything."""
        if len(begun) <= PENDING_CHARACTERS:
            self._pending = begun
        elif begun[1] in "]PX^_":
            self._is_in_string = True
            self._pending = "\x1b" if begun.endswith("\x1b") else ""

    def _string_end(self, text: str) -> int:
        """Where a string that is passed over ends, or all of `text`."""
        end = _STRING_END.search(text)
        self._is_in_string = end is None
        if end is None and text.endswith("\x1b"):
            self._pending = "\x1b"
        return end.end() if end else len(text)


def _token(found: re.Match[str]) -> Iterator[Token]:
    match found.lastgroup:
        case "text":
            yield Text(found[0])
        case "control":
            yield Control(found[0])
        case "escape":
            yield Escape(found["escape"])
        case "charset":
            yield Charset(found["charset"])
        case "final":
            numbers = found["numbers"].split(";", _MOST_NUMBERS)[:_MOST_NUMBERS]
            yield Sequence(found["final"], tuple(map(_number, numbers)), bool(found["private"]))
        case "osc":
            code, _, title = found["osc"].partition(";")
            if code in {"0", "2"}:
                yield Title(title)
        case _:
            pass


def _number(digits: str) -> int:
    return min(int(digits[:9] or 0), LARGEST_NUMBER)
