"""A patch that is more than may be told: each file of it has its share. PURE.

What is small is told whole; what the small ones leave is divided among the large.
"""

import re
from collections.abc import Sequence

_FILE = re.compile(rb"^(?=diff --git )", re.MULTILINE)
_LEAST_BYTES = 200
"""Of less than this nobody has anything."""
_NOTE_BYTES = 80


def sections(patch: bytes) -> list[bytes]:
    """One for each file, as `git diff-tree --patch` has them."""
    return [each for each in _FILE.split(patch) if each]


def joined(cut: Sequence[bytes], small: Sequence[bytes]) -> list[bytes]:
    """Of a patch whose last section was cut, with those that another one has after it."""
    return [*cut, *small[len(cut) :]]


def shares(sizes: Sequence[int], most_bytes: int) -> list[int]:
    """How much of each is told, so that all of them together are no more."""
    given = [0] * len(sizes)
    left, waiting = most_bytes, len(sizes)
    for place in sorted(range(len(sizes)), key=sizes.__getitem__):
        given[place] = min(sizes[place], left // waiting)
        left -= given[place]
        waiting -= 1
    return given


def whole(parts: Sequence[bytes], most_bytes: int) -> list[bytes | None]:
    """Those that fit whole, the small ones first; None for each of the others."""
    told: list[bytes | None] = [None] * len(parts)
    for place in sorted(range(len(parts)), key=lambda place: len(parts[place])):
        most_bytes -= len(parts[place])
        if most_bytes < 0:
            break
        told[place] = parts[place]
    return told


def text(parts: Sequence[bytes], most_bytes: int) -> bytes:
    """All of them; of what is too large whole lines from its beginning, with a note."""
    room = shares([len(each) for each in parts], most_bytes)
    return b"".join(_begin(each, size) for each, size in zip(parts, room, strict=True))


def _begin(part: bytes, most_bytes: int) -> bytes:
    if len(part) <= most_bytes:
        return part
    if most_bytes < _LEAST_BYTES:
        return b""
    told = part[: part.rfind(b"\n", 0, most_bytes - _NOTE_BYTES) + 1]
    return told + b"\\ more of this file is not told: %d bytes\n" % (len(part) - len(told))
