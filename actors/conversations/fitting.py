"""Makes a built context fit into its model's window, by the session's strategy.

Sizes are estimated first, and only what may be too much is counted by the provider; by that count
the estimate is corrected, and what was trimmed is counted again.
"""

import asyncio

from msgspec.structs import replace

from actors.conversations.context_building import BuiltContext, ContextBuildError
from actors.decisions.context import sizes
from actors.decisions.context.room import Room
from actors.decisions.context.strategy import Summarize, fit, free
from actors.decisions.models import CONFIG_IS_SET, output_limit
from actors.ports import ModelDescription, ModelProvider, ModelRequest
from storage.records.config import ContextStrategy
from storage.records.message import ChatMessage

MOST_COUNTS = 3
"""Of what was trimmed: after that the estimate is as good as it gets."""
SAFETY = 1.02
"""By so much more is left out if a trimmed request is still too long."""


class ContextLimitError(ContextBuildError):
    """What must be sent does not fit into the window."""

    code = "context-limit"


async def fitted(
    built: BuiltContext,
    provider: ModelProvider,
    described: ModelDescription,
    strategy: ContextStrategy | None,
) -> BuiltContext | Summarize:
    """The context as it can be sent, or what must be summarised first. ContextLimitError.

    With an unknown window nothing is left out.
    """
    request, window = built.request, described.context_window
    if window is None:
        return built
    tokens = await asyncio.to_thread(Sizes, request)
    output = output_limit(request.config, described)
    if tokens.history(request) <= free(strategy, tokens.room(window, output)):
        return built
    counted = await provider.count_tokens(request)
    tokens.correct(request, counted)
    for _ in range(MOST_COUNTS):
        room = tokens.room(window, output)
        history = built.request.history
        found = await asyncio.to_thread(fit, strategy, history, room, tokens.of)
        if isinstance(found, Summarize):
            return found
        if found is None:
            newest = tokens.of(history[-1]) if history else 0
            raise ContextLimitError(_too_large(request, room, newest))
        request = replace(built.request, history=found)
        if counted is None or found == history:
            break
        counted = await provider.count_tokens(request)
        if counted is None or counted <= window - output:
            break
        tokens.correct(request, int(counted * SAFETY))
    return BuiltContext(replace(built.context, history=request.history), request)


async def truncated(
    built: BuiltContext, provider: ModelProvider, described: ModelDescription
) -> BuiltContext:
    """The same without the oldest rounds, whatever the strategy. ContextLimitError."""
    found = await fitted(built, provider, described, "truncate")
    return built if isinstance(found, Summarize) else found


class Sizes:
    """Tokens of a request's parts: estimates, which counts correct."""

    def __init__(self, request: ModelRequest) -> None:
        self._scale = 1.0
        self._fixed = sum(map(sizes.text_tokens, request.system))
        self._fixed += sizes.tools_tokens(request.tools)
        self._messages = {id(each): sizes.message_tokens(each) for each in request.history}

    def of(self, message: ChatMessage) -> int:
        return int(self._messages[id(message)] * self._scale) + 1

    def history(self, request: ModelRequest) -> int:
        return sum(map(self.of, request.history))

    def room(self, window: int, output: int) -> Room:
        return Room(window, output, int(self._fixed * self._scale) + 1)

    def correct(self, request: ModelRequest, counted: int | None) -> None:
        """`counted`: what the provider says that this request takes; None if it cannot say."""
        if counted is not None:
            estimate = self._fixed + sum(self._messages[id(each)] for each in request.history)
            self._scale = counted / estimate


def _too_large(request: ModelRequest, room: Room, newest: int) -> str:
    if room.most <= 0:
        return (
            f"system prompt, tools and the answer's limit take {room.taken + room.output} of the"
            f" {room.window} tokens of {request.model}; lower config.max_tokens"
            f" ({CONFIG_IS_SET}), offer fewer tools or make files inactive"
        )
    return (
        f"the request does not fit into the window of {request.model}: there are {room.most} tokens"
        f" for the conversation, and its newest message alone takes about {newest}; send a shorter"
        f" one, or lower config.max_tokens ({CONFIG_IS_SET})"
    )
