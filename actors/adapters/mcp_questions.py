"""What a server asks back while it works for us: it is told at once that nobody answers.

A question must never hold up a call. The caller learns of it by a sentence beside the result, the
server's log by a line. The SDK itself refuses the other things that a server can ask of a client.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from actors.adapters.bounded_log import BoundedLog
from actors.adapters.mcp_listing import readable

if TYPE_CHECKING:
    from mcp_types import ElicitResult

LONGEST_QUESTION = 300
MOST_TOLD = 5


class Questions:
    """Used on one loop."""

    def __init__(self, log: BoundedLog) -> None:
        self._log = log
        self._calls: list[list[str]] = []

    @contextmanager
    def heard(self) -> Iterator[list[str]]:
        """While a call runs: sentences on what was asked. The older protocol does not say for which
        call a server asks, so all that run are told.
        """
        told: list[str] = []
        self._calls.append(told)
        try:
            yield told
        finally:
            self._calls = [other for other in self._calls if other is not told]

    async def decline(self, context: Any, params: Any) -> "ElicitResult":
        """The SDK's elicitation callback."""
        from mcp_types import ElicitResult

        question = readable(" ".join(params.message.split()), LONGEST_QUESTION)
        self._log.append(f"greenroom: declined the question {question!r}\n".encode())
        for told in self._calls:
            if len(told) < MOST_TOLD:
                told.append(f"[The server asked: {question!r}. It was told that nobody answers.]")
        return ElicitResult(action="decline")
