"""Has the model itself summarise a part of a history, in one call beside the conversation's own."""

from collections.abc import Callable
from contextlib import aclosing

from msgspec import Struct

from actors.decisions.context import sizes
from actors.decisions.context.strategy import Summarize
from actors.decisions.context.summaries import INSTRUCTIONS, transcript
from actors.ports import ModelError, ModelProvider, ModelRequest, PromptSent, TurnDone
from storage.records.config import SessionConfig
from storage.records.conversation import Usage
from storage.records.message import ChatMessage, TextContent, text_of

_WHOLE = frozenset({"end_turn", "max_tokens", "stop_sequence"})
"""One that reached its limit ends in the middle of a sentence, and is of use all the same."""

PART_SHOWN = 0.9
"""Of the window: the rest is for what the estimate of a size is wrong by."""


class UselessSummaryError(ModelError):
    """The model answered, and what it said is no summary. `usage` is what that took."""


class Summarized(Struct, frozen=True, kw_only=True):
    text: str
    usage: Usage
    model: str


async def summarized(
    wanted: Summarize,
    model: str,
    provider: ModelProvider,
    window: int,
    sent: Callable[[Usage | None], object],
) -> Summarized:
    """A text for the span that is wanted. ModelError; UselessSummaryError also for one that is no
    shorter than what it would stand for. `sent` hears that the call was made, and what is counted.
    """
    done = await _done(_request(wanted, model, window), provider, sent)
    text = text_of(done.content).strip()
    if done.stop_reason not in _WHOLE or not text:
        reason = f"the model ended its summary with {done.stop_reason}, without a text"
        raise UselessSummaryError(reason, usage=done.usage)
    if sizes.text_tokens(text) >= sum(map(sizes.message_tokens, wanted.span)):
        reason = "the summary is no shorter than what it stands for"
        raise UselessSummaryError(reason, usage=done.usage)
    return Summarized(text=text, usage=done.usage, model=done.model)


def _request(wanted: Summarize, model: str, window: int) -> ModelRequest:
    """The span as one text: as calls and results it would need the tools it was made with."""
    room = (window - wanted.most) * PART_SHOWN - sizes.text_tokens(INSTRUCTIONS)
    estimate = sum(map(sizes.message_tokens, wanted.span))
    shown = transcript(wanted.span, max(int(room * estimate / wanted.tokens), 1))
    asked = ChatMessage(
        id="span",
        role="user",
        content=(TextContent(shown),),
        created_at=wanted.span[-1].created_at,
    )
    return ModelRequest(
        model=model,
        system=(INSTRUCTIONS, ""),
        history=(asked,),
        config=SessionConfig(max_tokens=wanted.most),
    )


async def _done(
    request: ModelRequest, provider: ModelProvider, sent: Callable[[Usage | None], object]
) -> TurnDone:
    async with aclosing(provider.stream(request)) as events:  # type: ignore[type-var]  # an async generator in every adapter
        async for event in events:
            if isinstance(event, PromptSent):
                sent(event.usage)
            if isinstance(event, TurnDone):
                return event
    raise ModelError("the model ended its summary before its end")
