"""The first words that a program writes to a pipe. The rest is read too, so that it is never held
up by that, and thrown away, so that it takes neither disk nor memory.
"""

import os
import selectors
import time
from typing import IO, Self

_PIECE_BYTES = 1 << 16


class FirstWords:
    """Of `source`, at most `limit` bytes. A context: what it holds goes at its end."""

    def __init__(self, source: IO[bytes], limit: int) -> None:
        self._descriptor = source.fileno()
        self._limit = limit
        self._kept = bytearray()
        self._selector = selectors.DefaultSelector()
        os.set_blocking(self._descriptor, False)
        self._selector.register(self._descriptor, selectors.EVENT_READ)
        self._is_open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()

    @property
    def text(self) -> str:
        return self._kept.decode(errors="replace").strip()

    def read(self, seconds: float) -> None:
        """What is there now, waiting so long at most for the first of it, and for its end if it
        has ended. Never longer, however much there is.
        """
        end = time.monotonic() + seconds
        if not self._is_open:
            time.sleep(seconds)
            return
        while self._selector.select(max(0.0, end - time.monotonic())):
            piece = os.read(self._descriptor, _PIECE_BYTES)
            self._kept += piece[: self._limit - len(self._kept)]
            if not piece:
                self._selector.unregister(self._descriptor)
                self._is_open = False
                return
            if time.monotonic() >= end:
                return
