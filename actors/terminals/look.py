"""What a worker's terminal shows, made from the end of its output, for one look.

Takes as long as a second, and more for output that is made to be slow, so no actor calls it.
A full-screen program that wrote more than `SCREEN_BYTES` since it last drew a row lacks that row.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from actors.terminals.greeting import HostUnreachableError, greet
from storage import output_log
from storage.records.worker import TerminalWorker

if TYPE_CHECKING:
    from actors.terminals.screen import Look

SCREEN_BYTES = 128 * 1024
GLANCE_BYTES = 32 * 1024
"""Enough of the output to find a question on the screen, for those who look often."""

HOST_SECONDS = 2.0
_CUT_BYTES = 4096


def terminal_size(data_directory: Path, key: str, worker: TerminalWorker) -> tuple[int, int]:
    """Columns and rows, from the terminal host; from the record when it has no such terminal.

    `key` is `<session id>/<worker id>`. A person who attaches changes the size, and no record.
    """
    try:
        greeted = greet(data_directory, client="look", timeout_seconds=HOST_SECONDS)
    except (OSError, HostUnreachableError):
        return worker.cols, worker.rows
    greeted.connection.close()
    sizes = {each.key: (each.cols, each.rows) for each in greeted.welcome.terminals}
    return sizes.get(key, (worker.cols, worker.rows))


def look(log: Path, cols: int, rows: int, size_bytes: int = SCREEN_BYTES) -> "Look":
    """The screen after the newest epoch in this output log, made of its last `size_bytes`.

    Blank without a log. Raises OSError.
    """
    from actors.terminals.screen import Screen

    screen = Screen(cols, rows)
    piece = output_log.read(log, start=-size_bytes, limit=size_bytes)
    end = piece.end
    screen.feed(_from_a_beginning(piece.data) if piece.start else piece.data)
    while piece.data and piece.next < end:  # behind a gap
        piece = output_log.read(log, epoch=piece.epoch, start=piece.next, limit=end - piece.next)
        screen.feed(piece.data)
    return screen.look(end)


def _from_a_beginning(data: bytes) -> bytes:
    """Without what may be the end of a sequence that began earlier."""
    places = [data.find(mark, 0, _CUT_BYTES) for mark in (b"\n", b"\r", b"\x1b")]
    return data[min((place for place in places if place >= 0), default=0) :]
