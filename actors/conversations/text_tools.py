"""A model without tools of its own, as one that has them: its calls and their results are text.

Wraps any provider. What is sent is the same conversation without calls, what comes back is read by
`decisions.text_turn`; nobody else needs to know. That the prompt explains how to call is for
whoever builds it.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing

from msgspec.structs import replace

from actors.decisions.text_history import RESULT, as_text
from actors.decisions.text_turn import TextTurn
from actors.ports import ModelDescription, ModelError, ModelEvent, ModelProvider, ModelRequest


class TextToolModel:
    """`provider` is asked for text alone."""

    def __init__(self, provider: ModelProvider) -> None:
        self.name = provider.name
        self._provider = provider

    def problem(self) -> ModelError | None:
        return self._provider.problem()

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """See the port. Where no tool is offered, nothing that the model writes is a call."""
        turn = TextTurn(new_call_id)
        async with aclosing(self._provider.stream(in_text(request))) as events:  # type: ignore[type-var]  # an async generator in every adapter
            async for event in events:
                for said in turn.hear(event) if request.tools else (event,):
                    yield said

    async def describe(self, model: str) -> ModelDescription:
        return await self._provider.describe(model)

    async def count_tokens(self, request: ModelRequest) -> int | None:
        return await self._provider.count_tokens(in_text(request))

    async def close(self) -> None:
        await self._provider.close()


def in_text(request: ModelRequest) -> ModelRequest:
    """The request as such a model gets it. It is stopped where it would invent a result."""
    stops = (*request.stop_sequences, RESULT) if request.tools else request.stop_sequences
    history = as_text(request.history)
    return replace(request, history=history, tools=(), stop_sequences=stops)


def new_call_id() -> str:
    return f"call_{secrets.token_hex(8)}"
