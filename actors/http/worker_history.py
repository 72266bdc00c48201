"""What a client is told first of a worker's output: what it asks for, else what a person would see.

Reads the output log, so it is called where waiting for a disk holds nobody up.
"""

from pathlib import Path

from msgspec import Struct

from actors.decisions.output_text import beginning
from actors.terminals.screen_modes import ScreenModes
from storage import output_log
from storage.output_log import OutputSlice

HISTORY_BYTES = 256 * 1024
LOOKED_BACK_BYTES = 4 * 1024 * 1024
"""Before the history so much is searched for modes of the terminal that are still on."""


class Wanted(Struct, frozen=True):
    """From this offset of this epoch on; None: the end of the newest epoch."""

    from_offset: int | None = None
    epoch: int | None = None


class Past(Struct, frozen=True):
    """`data` begins at `start` of `epoch`; `modes` brings a terminal into those it has there."""

    data: bytes
    start: int
    epoch: int
    modes: str = ""


def past(log: Path, wanted: Wanted) -> Past:
    """The first piece of it. What is not kept any more is left out. OSError."""
    found = output_log.read(log, epoch=wanted.epoch, start=wanted.from_offset or 0, limit=0)
    if wanted.epoch is not None and wanted.epoch not in found.epochs:
        return _instead(log, wanted.epoch, found.epochs)
    if wanted.from_offset is None:
        return _screen(log, wanted.epoch)
    if wanted.from_offset >= found.end:  # the host may know what the disk does not
        return Past(b"", wanted.from_offset, found.epoch)
    piece = output_log.read(log, epoch=found.epoch, start=wanted.from_offset, limit=HISTORY_BYTES)
    return Past(piece.data, piece.start, piece.epoch)


def _instead(log: Path, epoch: int, epochs: tuple[int, ...]) -> Past:
    """Nothing is kept of that one: go on with the next that there is."""
    later = min((each for each in epochs if each > epoch), default=None)
    if later is None:
        return _screen(log, None)
    piece = output_log.read(log, epoch=later, limit=HISTORY_BYTES)
    return Past(piece.data, piece.start, piece.epoch)


def _screen(log: Path, epoch: int | None) -> Past:
    piece = output_log.page_before(log, epoch=epoch, limit=HISTORY_BYTES)
    if not piece.start:
        return Past(piece.data, piece.start, piece.epoch)
    left_out = beginning(piece.data)
    start = piece.start + left_out
    return Past(piece.data[left_out:], start, piece.epoch, _modes(log, piece, start))


def _modes(log: Path, piece: OutputSlice, start: int) -> str:
    modes = ScreenModes()
    at = max(0, start - LOOKED_BACK_BYTES)
    while at < start:
        before = output_log.read(
            log, epoch=piece.epoch, start=at, limit=min(start - at, HISTORY_BYTES)
        )
        if not before.data or before.start >= start:
            break
        modes.feed(before.data[: start - before.start])
        at = before.next
    return modes.enter().decode("ascii")
