"""PURE: what of a file's unsynced writes a power cut may leave.

WAYS names the ways. A write that a failed sync gave up is lost: it may be on the disk, and no later
sync of the file makes sure of it; but the length that it gave the file is.
"""

from collections.abc import Iterable, Iterator, Sequence
from random import Random

from tests.crash.calls import Resized, Wrote

SECTOR_BYTES = 512

WAYS = (
    "kept",
    "dropped",
    "zeros",
    "torn-1",
    "torn-512",
    "torn-4096",
    "some",
    "cut",
    "holes",
    "sectors",
)
"""`some`: up to some write; `cut`: up to some byte; `holes`, `sectors`: with zeros, or what was
there before, in place of some writes, or of some sectors.
"""


class Write:
    """A call on its way to the disk."""

    def __init__(self, call: Wrote | Resized, *, is_lost: bool = False) -> None:
        self.call = call
        self.is_lost = is_lost


def after_crash(before: bytes, writes: Sequence[Write], way: str, random: Random) -> bytes:
    calls = [write.call for write in writes]
    match way:
        case "kept":
            return _applied(before, calls)
        case "dropped":
            return before
        case "some":
            return _applied(before, calls[: random.randint(0, len(calls))])
        case "zeros":
            return _applied(before, map(_zeros, calls))
        case "holes":
            return _applied(before, [random.choice((_zeros(one), one)) for one in calls])
        case "sectors":
            return _sectors(before, _applied(before, calls), random)
        case "cut":
            count = random.randint(1, len(calls))
            return _torn(before, calls[:count], random.randint(0, 5000))
        case _:
            return _torn(before, calls, int(way.removeprefix("torn-")))


def after_sync(before: bytes, writes: Iterable[Write]) -> bytes:
    """With all that is sure then."""
    content = before
    for write in writes:
        call = write.call
        if write.is_lost and isinstance(call, Wrote):
            call = Resized(call.file, max(len(content), call.offset + len(call.content)))
        content = _applied(content, [call])
    return content


def still_lost(writes: Sequence[Write]) -> list[Write]:
    """What was lost, and not written over since."""
    left: list[Wrote] = []
    for write in writes:
        left = [piece for one in left for piece in _outside(one, write.call)]
        if write.is_lost and isinstance(write.call, Wrote):
            left.append(write.call)
    return [Write(one, is_lost=True) for one in left]


def _outside(lost: Wrote, call: Wrote | Resized) -> Iterator[Wrote]:
    """The pieces of `lost` that a later call leaves as they are."""
    start, end = lost.offset, lost.offset + len(lost.content)
    if isinstance(call, Resized):
        pieces = [(start, min(end, call.size))]
    else:
        pieces = [
            (start, min(end, call.offset)),
            (max(start, call.offset + len(call.content)), end),
        ]
    for left, right in pieces:
        if left < right:
            yield Wrote(lost.file, left, lost.content[left - start : right - start])


def _applied(before: bytes, calls: Iterable[Wrote | Resized]) -> bytes:
    content = bytearray(before)
    for call in calls:
        size = call.size if isinstance(call, Resized) else call.offset
        if isinstance(call, Resized):
            del content[size:]
        content.extend(bytes(max(0, size - len(content))))
        if isinstance(call, Wrote):
            content[call.offset : call.offset + len(call.content)] = call.content
    return bytes(content)


def _torn(before: bytes, calls: Sequence[Wrote | Resized], arrived: int) -> bytes:
    *whole, last = calls
    if isinstance(last, Wrote):
        last = Wrote(last.file, last.offset, last.content[:arrived])
    return _applied(before, [*whole, last])


def _zeros(call: Wrote | Resized) -> Wrote | Resized:
    if isinstance(call, Resized):
        return call
    return Wrote(call.file, call.offset, bytes(len(call.content)))


def _sectors(before: bytes, after: bytes, random: Random) -> bytes:
    content = bytearray(after)
    before = before[: len(after)] + bytes(max(0, len(after) - len(before)))
    for start in range(0, len(after), SECTOR_BYTES):
        sector = slice(start, start + SECTOR_BYTES)
        if content[sector] != before[sector] and random.random() < 0.5:
            content[sector] = before[sector]
    return bytes(content)
