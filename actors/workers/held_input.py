"""What greenroom is to type while a person has the terminal: in order, as soon as it is free. Pure.

A later input never overtakes an earlier one that waits, for the host takes numbers only upwards.
"""

from actors.messages.work import TypeInput


class HeldInput:
    """Every input is under way to the host, held back, or settled."""

    def __init__(self) -> None:
        self._under_way: dict[int, TypeInput] = {}
        self._held: dict[int, TypeInput] = {}
        self._late: set[int] = set()
        self.reason = ""

    @property
    def under_way(self) -> list[int]:
        """The numbers of which nobody knows yet whether they were typed."""
        return sorted(self._under_way)

    def take(self, wanted: TypeInput) -> bool:
        """Whether it is to be typed now; if not it waits, or `expire` refuses it."""
        if self._held:
            self._held[wanted.number] = wanted
            return False
        self._under_way[wanted.number] = wanted
        return True

    def hold(self, number: int, reason: str) -> None:
        """A person types there, as `reason` says: keep it for later."""
        self.reason = reason
        wanted = self._under_way.pop(number, None)
        if wanted is not None:
            self._held[number] = wanted

    def is_late(self, number: int) -> bool:
        """Whether it is held and has waited enough: then it is settled by this."""
        wanted = self._held.get(number)
        if wanted is None or (wanted.wait_seconds and number not in self._late):
            return False
        del self._held[number]
        self._late.discard(number)
        return True

    def expire(self, number: int) -> None:
        """Its time is over; one under way would wait no longer."""
        if number in self._under_way or number in self._held:
            self._late.add(number)

    def settled(self, number: int) -> None:
        self._under_way.pop(number, None)
        self._late.discard(number)

    def let_go(self) -> list[TypeInput]:
        """The terminal is free: what to type now."""
        freed = [self._held[number] for number in sorted(self._held)]
        self._under_way |= self._held
        self._held.clear()
        return freed
