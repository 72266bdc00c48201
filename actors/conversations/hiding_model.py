"""A model of which no secret is heard: in its text, the arguments of its calls, and its errors.

Wraps any provider. A piece of text is passed on up to where a secret could begin in its end, so
that one in two pieces is found and the others are not held up. What comes in two blocks or two
turns is not put together.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing

from msgspec.structs import replace

from actors.ports import (
    BlockDone,
    ModelDescription,
    ModelError,
    ModelEvent,
    ModelProvider,
    ModelRequest,
    PromptSent,
    TextDelta,
    TurnDone,
)
from actors.redactor import Redactor
from storage.records.message import Content, ProviderContent, TextContent, ToolCallContent


class HidingModel:
    """`provider` may say anything."""

    def __init__(self, provider: ModelProvider, redactor: Redactor) -> None:
        self.name = provider.name
        self._provider = provider
        self._redactor = redactor

    def problem(self) -> ModelError | None:
        return self._provider.problem()

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """See the port. What was held back of a text is told when that ends, however it ends."""
        turn = _HiddenTurn(self._redactor)
        try:
            async with aclosing(self._provider.stream(request)) as events:  # type: ignore[type-var]  # an async generator in every adapter
                async for event in events:
                    for said in turn.hear(event):
                        yield said
        except ModelError as error:
            for said in turn.rest():
                yield said
            error.args = (self._redactor.hidden(str(error)),)
            raise

    async def describe(self, model: str) -> ModelDescription:
        return await self._provider.describe(model)

    async def count_tokens(self, request: ModelRequest) -> int | None:
        return await self._provider.count_tokens(request)

    async def close(self) -> None:
        await self._provider.close()


class _HiddenTurn:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._index = 0
        self._held = ""

    def hear(self, event: ModelEvent) -> list[ModelEvent]:
        match event:
            case PromptSent():
                return [event]
            case TextDelta():
                before = [] if event.index == self._index else self.rest()
                return [*before, *self._piece(event)]
            case BlockDone():
                return [*self.rest(), BlockDone(event.index, self._block(event.block))]
            case TurnDone():
                return [*self.rest(), self._done(event)]

    def rest(self) -> list[ModelEvent]:
        """What was held back, of which no more comes."""
        said, self._held = self._redactor.hidden(self._held), ""
        return [TextDelta(self._index, said)] if said else []

    def _piece(self, piece: TextDelta) -> list[ModelEvent]:
        text, self._index = self._held + piece.text, piece.index
        settled = self._redactor.settled(text)
        said, self._held = self._redactor.hidden(text[:settled]), text[settled:]
        return [TextDelta(piece.index, said)] if said else []

    def _block(self, block: Content) -> Content:
        hidden, hidden_json = self._redactor.hidden, self._redactor.hidden_json
        match block:
            case TextContent():
                return TextContent(hidden(block.text))
            case ToolCallContent():
                return replace(block, name=hidden(block.name), args=hidden_json(block.args))
            case ProviderContent():
                return replace(block, block=hidden_json(block.block))
            case _:
                return block

    def _done(self, done: TurnDone) -> TurnDone:
        return replace(
            done,
            content=tuple(map(self._block, done.content)),
            model=self._redactor.hidden(done.model),
            raw_response=self._redactor.hidden_json(done.raw_response),
        )
