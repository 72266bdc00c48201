"""PURE: the blocks of one turn while a model writes them, and how often they are worth showing.

Pieces are joined when somebody looks, not when they come, so that a long text costs no more per
piece than a short one. A look is the whole turn: the longer that is, the longer the next one waits.
"""

from storage.records.message import Content, TextContent

SHOW_SECONDS = 0.016
"""Shown at most this often: a sixtieth of a second is a frame of a screen."""
SHOWN_CHARACTERS_PER_SECOND = 4e6
"""And, however long the text is, no more than this."""


class GrowingTurn:
    """Used from one thread. `content` is a value that does not change any more."""

    def __init__(self) -> None:
        self._blocks: dict[int, Content] = {}
        self._pieces: list[str] = []
        self._index = 0
        self._characters = 0
        self._next_look = 0.0

    def write(self, index: int, text: str) -> None:
        """A piece of the text block at this position of the turn."""
        if index != self._index:
            self._join()
            self._index = index
        self._pieces.append(text)
        self._characters += len(text)

    def complete(self, index: int, block: Content) -> None:
        """The block as it is in the end, whatever was written of it."""
        self._join()
        self._blocks[index] = block

    def content(self) -> tuple[Content, ...]:
        self._join()
        return tuple(self._blocks[index] for index in sorted(self._blocks))

    def is_worth_a_look(self, now: float) -> bool:
        """Whether it is to be shown at this time, in seconds of any clock that only goes on."""
        if now < self._next_look:
            return False
        self._next_look = now + max(SHOW_SECONDS, self._characters / SHOWN_CHARACTERS_PER_SECOND)
        return True

    def _join(self) -> None:
        if self._pieces:
            before = self._blocks.get(self._index)
            text = before.text if isinstance(before, TextContent) else ""
            self._blocks[self._index] = TextContent(text + "".join(self._pieces))
            self._pieces.clear()
