"""Whether a program has switched bracketed paste on, from all of its output that is kept.

Looks from the end backwards once, later only at what is new. Reads files, so no actor calls it in
its own thread. The mode is 2004 of xterm's control sequences.
"""

import re
from pathlib import Path

from storage import output_log

PIECE_BYTES = 256 * 1024
_LONGEST_SEQUENCE = 32
_SWITCH = re.compile(rb"\x1b\[\?(?P<modes>[\d;]{4,27})(?P<how>[hl])|(?P<reset>\x1bc|\x1b\[!p)")


class PasteMode:
    """Of one worker's terminal; a new epoch begins with the mode off."""

    def __init__(self) -> None:
        self._epoch = -1
        self._next = 0
        self._is_on = False

    def look(self, log: Path) -> bool:
        """Whether it is on at the end of this output log. Raises OSError."""
        newest = output_log.read(log, start=-1, limit=1)
        if newest.epoch != self._epoch:
            self._epoch, self._next, self._is_on = newest.epoch, 0, False
        end, begun = newest.end, max(self._next - _LONGEST_SEQUENCE, 0)
        at = end
        while at > begun:
            start = max(at - PIECE_BYTES, begun)
            limit = min(at + _LONGEST_SEQUENCE, end) - start
            piece = output_log.read(log, epoch=self._epoch, start=start, limit=limit)
            found = last_switch(piece.data)
            if found is not None:
                self._is_on = found
                break
            if piece.start >= at:  # older output is not kept
                break
            at = start
        self._next = end
        return self._is_on


def last_switch(output: bytes) -> bool | None:
    """Whether the last that switches the mode in this output switches it on; None without one."""
    last = None
    for found in _SWITCH.finditer(output):
        if found["reset"]:
            last = False
        elif b"2004" in found["modes"].split(b";"):
            last = found["how"] == b"h"
    return last
