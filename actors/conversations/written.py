"""The turns being streamed, as far as they have arrived: for whoever looks while they grow."""

from collections.abc import Mapping

from storage.records.conversation import Turn, Usage
from storage.records.message import Content


class WrittenTurns:
    """One writer per response, any number of readers; a turn is an immutable value."""

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}
        self._sent: dict[str, Usage | None] = {}

    def put(self, response_id: str, turn: Turn) -> None:
        self._turns[response_id] = turn

    def drop(self, response_id: str) -> None:
        self._turns.pop(response_id, None)
        self._sent.pop(response_id, None)

    def sent(self, response_id: str, usage: Usage | None) -> None:
        """A call of the model was made for it, of which so much is counted; None: nothing yet."""
        self._sent[response_id] = usage

    def came_back(self, response_id: str) -> None:
        """That call is over, and what it took is told by whoever made it."""
        self._sent.pop(response_id, None)

    def turn(self, response_id: str) -> Turn | None:
        return self._turns.get(response_id)

    def waiting(self, session_id: str) -> list[tuple[str, Turn]]:
        """Those of a session whose call failed and is made again later, by response id."""
        return [
            (response_id, turn)
            for response_id, turn in self._turns.copy().items()
            if turn.waits_until and response_id.startswith(f"{session_id}-")
        ]

    def under_way(self) -> Mapping[str, Usage | None]:
        """The calls that were sent and are not over, by response id, as far as they are counted."""
        return self._sent.copy()

    def contents(self) -> Mapping[str, tuple[Content, ...]]:
        return {response_id: turn.content for response_id, turn in self._turns.copy().items()}
