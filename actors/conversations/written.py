"""The turns being streamed, as far as they have arrived: for whoever looks while they grow."""

from collections.abc import Mapping

from storage.records.conversation import Turn
from storage.records.message import Content


class WrittenTurns:
    """One writer per response, any number of readers; a turn is an immutable value."""

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}

    def put(self, response_id: str, turn: Turn) -> None:
        self._turns[response_id] = turn

    def drop(self, response_id: str) -> None:
        self._turns.pop(response_id, None)

    def turn(self, response_id: str) -> Turn | None:
        return self._turns.get(response_id)

    def waiting(self, session_id: str) -> list[tuple[str, Turn]]:
        """Those of a session whose call failed and is made again later, by response id."""
        return [
            (response_id, turn)
            for response_id, turn in self._turns.copy().items()
            if turn.waits_until and response_id.startswith(f"{session_id}-")
        ]

    def contents(self) -> Mapping[str, tuple[Content, ...]]:
        return {response_id: turn.content for response_id, turn in self._turns.copy().items()}
