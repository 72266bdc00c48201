"""What a person typed and the host has not confirmed: in numbered writes, one at a time. Pure.

One at a time, so that a write which was refused or cut off can be repeated under its number before
any later one; what is typed meanwhile goes into the next.
"""

from typing import NamedTuple

WRITE_BYTES = 64 * 1024
MOST_BYTES = 1024 * 1024
"""So much may wait while the host is away or the program reads nothing; more is not taken."""


class NumberedWrite(NamedTuple):
    number: int
    data: bytes


class TypingAhead:
    """`under_way` is sent, or to be sent again when the connection is a new one."""

    def __init__(self) -> None:
        self.under_way: NumberedWrite | None = None
        self._waiting = bytearray()
        self._last = 0

    @property
    def size_bytes(self) -> int:
        return len(self._waiting) + (len(self.under_way.data) if self.under_way else 0)

    def offer(self, data: bytes) -> bool:
        """False if there is no room for all of it: then nothing of it is kept."""
        if self.size_bytes + len(data) > MOST_BYTES:
            return False
        self._waiting += data
        return True

    def next(self) -> NumberedWrite | None:
        """What to send now; None while one is under way, or nothing waits."""
        if self.under_way is not None or not self._waiting:
            return None
        self._last += 1
        self.under_way = NumberedWrite(self._last, bytes(self._waiting[:WRITE_BYTES]))
        del self._waiting[:WRITE_BYTES]
        return self.under_way

    def typed(self, number: int) -> None:
        """The host has confirmed this number."""
        if self.under_way is not None and self.under_way.number <= number:
            self.under_way = None

    def begin_lease(self, last_number: int, *, is_renewed: bool) -> None:
        """A lease counts anew; a renewed one goes on, and knows what arrived."""
        if is_renewed:
            self.typed(last_number)
            return
        self._last = last_number
        if self.under_way is not None:
            self._waiting[:0] = self.under_way.data
            self.under_way = None

    def forget(self) -> None:
        """Somebody else types now: nothing of it may arrive later."""
        self._waiting.clear()
        self.under_way = None
