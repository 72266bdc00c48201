"""What was accepted for a terminal and is not typed yet, and which numbers were seen.

Pure. A number is decided once: whatever a client repeats after a lost connection is answered
again and never queued again. See `protocol.Write` for the rule.
"""

from collections import OrderedDict, deque
from typing import Literal

from actors.terminals.protocol import DAEMON_LEASE

QUEUE_BYTES = 1024 * 1024
LEASES_KEPT = 16
_REFUSALS_KEPT = 64

Answer = Literal["accepted", "repeated", "input-full", "number-passed"]


class _Lease:
    def __init__(self) -> None:
        self.last: int | None = None
        self.refused: deque[int] = deque(maxlen=_REFUSALS_KEPT)


class InputQueue:
    def __init__(self) -> None:
        self.waiting = bytearray()
        self._leases: OrderedDict[int, _Lease] = OrderedDict()

    def offer(self, lease_number: int, number: int, data: bytes) -> Answer:
        """Decide one write; only "accepted" has put `data` into `waiting`."""
        lease = self._lease(lease_number)
        if lease.last is not None and number <= lease.last:
            return "number-passed" if number in lease.refused else "repeated"
        if len(self.waiting) + len(data) > QUEUE_BYTES:
            lease.refused.append(number)
            return "input-full"
        lease.last = number
        if number in lease.refused:
            lease.refused.remove(number)
        self.waiting += data
        return "accepted"

    def refuse(self, lease_number: int, number: int) -> bool:
        """Remember that this number was not taken; False if it had been."""
        lease = self._lease(lease_number)
        if lease.last is not None and number <= lease.last and number not in lease.refused:
            return False
        if number not in lease.refused:
            lease.refused.append(number)
        return True

    def last(self, lease_number: int) -> int:
        """The highest accepted number of a lease, 0 if there is none."""
        lease = self._leases.get(lease_number)
        return (lease.last if lease else None) or 0

    def _lease(self, number: int) -> _Lease:
        """That of the daemon is never forgotten: it repeats what it typed long ago."""
        lease = self._leases.get(number)
        if lease is None:
            lease = self._leases[number] = _Lease()
        self._leases.move_to_end(number)
        if DAEMON_LEASE in self._leases:
            self._leases.move_to_end(DAEMON_LEASE)
        while len(self._leases) > LEASES_KEPT:
            self._leases.popitem(last=False)
        return lease

    def typed(self, size: int) -> None:
        del self.waiting[:size]

    def numbers(self) -> dict[int, int]:
        """Lease -> highest accepted number, for the last `LEASES_KEPT` leases that wrote."""
        return {key: lease.last for key, lease in self._leases.items() if lease.last is not None}
