"""PURE: bytes of a terminal as text whose byte offsets are known.

A character that is not finished waits for its rest; what cannot be a character is replaced. The
offsets of one piece are those of the bytes it was made of, so that no byte is left out or doubled.
"""

import codecs
from typing import NamedTuple

HISTORY_CUT_BYTES = 4096
_CONTINUATION_BYTES = 3


class TextPiece(NamedTuple):
    """Made of the bytes from offset `start` to `end`."""

    text: str
    start: int
    end: int


class OutputText:
    """Fed with one epoch's output from `offset` on."""

    def __init__(self, offset: int) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._told = self._end = offset

    @property
    def end(self) -> int:
        """Where the next bytes are to begin."""
        return self._end

    def feed(self, data: bytes, start: int) -> list[TextPiece]:
        """What can be told now. A `start` that is not `end` is a gap: what waited before it is told
        as it is.
        """
        pieces = []
        if start != self._end:
            pieces += self.finish()
            self._told = start
        self._end = start + len(data)
        text = self._decoder.decode(data)
        told = self._end - len(self._decoder.getstate()[0])
        if text:
            pieces.append(TextPiece(text, self._told, told))
            self._told = told
        return pieces

    def finish(self) -> list[TextPiece]:
        """What still waits, replaced: its rest will not come."""
        text = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        piece = TextPiece(text, self._told, self._end)
        self._told = self._end
        return [piece] if text else []


def beginning(data: bytes) -> int:
    """How much to leave out of output that was cut somewhere: to the next line, if one is near,
    else to the next control sequence, else to the next character.
    """
    for mark, behind in ((b"\n", 1), (b"\x1b", 0)):
        found = data.find(mark, 0, HISTORY_CUT_BYTES)
        if found >= 0:
            return found + behind
    head = data[:_CONTINUATION_BYTES]
    return next((at for at, byte in enumerate(head) if byte & 0xC0 != 0x80), len(head))
