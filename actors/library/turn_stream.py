"""The turns of one response while they grow, for `async for`.

Keeps the newest snapshot of each turn that was not looked at yet, so that a slow reader costs
nothing and sees fewer, longer ones. Once it is closed, or nobody holds it, it hears no more.
"""

import asyncio
from typing import Self

from storage.records.conversation import Round, Turn


class TurnStream:
    """Belongs to one asyncio loop. Ends with the request, however that ends."""

    def __init__(self) -> None:
        self._fresh: dict[int, Turn] = {}
        self._given: dict[int, Turn] = {}
        self._changed = asyncio.Event()
        self.is_over = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Turn:
        while not self._fresh:
            if self.is_over:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        number = min(self._fresh)
        self._given[number] = self._fresh.pop(number)
        return self._given[number]

    def grew(self, turn: Turn) -> None:
        """A snapshot; one that says nothing new is left out."""
        if not self.is_over and self._given.get(turn.number) != turn:
            self._fresh[turn.number] = turn
            self._changed.set()

    def ended(self, found: Round | None) -> None:
        """The request is over: each turn is given once more if it was not seen as it ended."""
        for turn in found.turns if found else ():
            self.grew(turn)
        self.is_over = True
        self._changed.set()

    async def aclose(self) -> None:
        """Look no more; the request goes on. Closing twice does nothing."""
        self._fresh.clear()
        self.is_over = True
        self._changed.set()
