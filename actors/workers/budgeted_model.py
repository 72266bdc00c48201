"""A model whose every call is cleared with the budgets that it spends from, before it is made.

Fulfils `ModelProvider` around another one. Whoever has it needs to know of no budget: a call that
may not be made, or runs out of time, is a ModelError. Runs on the I/O loop.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from msgspec.structs import replace

from actors.decisions import budget
from actors.decisions.context import sizes
from actors.decisions.models import output_limit
from actors.messages import work
from actors.messages.budget import Granted, ReserveBudget
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
from actors.surroundings import Surroundings
from actors.workers.clearance import BudgetedCall, holders
from storage import codec
from storage.records.conversation import Usage
from storage.records.message import TextContent
from storage.records.new_ids import new_id

OUT_OF_TIME = (
    "the time of the budget of session {0} is used up, so the call was cut off; raise it with:"
    " greenroom budget {0} --wall-seconds N"
)


def budgeted(
    model: ModelProvider,
    around: Surroundings,
    ask: work.Ask,
    provider: str,
    tell: Callable[[Any], object],
) -> ModelProvider:
    """The model itself where no budget is to be asked."""
    asked = holders(around, ask.session)
    return _BudgetedModel(model, around, ask, provider, tell, asked) if asked else model


class _BudgetedModel:
    """The calls of one turn: its own, and those that its context took."""

    def __init__(
        self,
        model: ModelProvider,
        around: Surroundings,
        ask: work.Ask,
        provider: str,
        tell: Callable[[Any], object],
        asked: tuple[str, ...],
    ) -> None:
        self.name = model.name
        self._model = model
        self._around = around
        self._ask = ask
        self._provider = provider
        self._tell = tell
        self._holders = asked

    def problem(self) -> ModelError | None:
        return self._model.problem()

    async def describe(self, model: str) -> ModelDescription:
        return await self._model.describe(model)

    async def count_tokens(self, request: ModelRequest) -> int | None:
        return await self._model.count_tokens(request)

    async def close(self) -> None:
        await self._model.close()

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """What of a cut call was used is estimated, and never less than what came of it."""
        asked = await self._asked(request)
        call = BudgetedCall(self._around, self._holders, asked, self._tell)
        used = _Used(asked)
        try:
            granted = await call.clear()
            lowered = replace(request.config, max_tokens=granted.max_tokens)
            whole = self._model.stream(replace(request, config=lowered))
            async with aclosing(whole) as events:  # type: ignore[type-var]  # an async generator in every adapter
                async for event in _until(events, _deadline(granted)):
                    if isinstance(event, TurnDone):
                        call.settle(event.usage)
                    yield used.heard(event)
        except ModelError as error:
            used.failed(error)
            raise
        except TimeoutError as error:
            text = OUT_OF_TIME.format(call.timed_by)
            raise ModelError(text, code="budget-exceeded", usage=used.prompt) from error
        finally:
            call.settle(used.usage(), estimated=used.prompt is not None)

    async def _asked(self, request: ModelRequest) -> ReserveBudget:
        counted = await self._model.count_tokens(request)
        description = await self._model.describe(request.model)
        wanted = output_limit(request.config, description)
        turn = self._ask.turn
        return ReserveBudget(
            session=self._ask.session.id,
            key=f"{self._ask.response_id}/{turn.number}/{new_id()}",
            by=self._ask.session.id,
            life=self._around.life,
            at=self._around.clock.monotonic(),
            model=request.model,
            provider=self._provider,
            prompt_tokens=_estimated(request) if counted is None else counted,
            max_tokens=wanted,
            least=min(wanted, max(budget.LEAST_TOKENS, _thinking_tokens(request) + 1)),
            estimated=counted is None,
        )


class _Used:
    """What a call has used, as far as it came. `prompt` is None as long as it was not sent."""

    def __init__(self, asked: ReserveBudget) -> None:
        self.prompt: Usage | None = None
        self._asked = asked
        self._came = 0

    def heard(self, event: ModelEvent) -> ModelEvent:
        """The same event; of a prompt that nobody has counted yet, what was set aside for it."""
        if isinstance(event, PromptSent):
            self.prompt = event.usage or Usage(prompt_tokens=self._asked.prompt_tokens)
            return PromptSent(self.prompt)
        self._came += _bytes(event)
        return event

    def failed(self, error: ModelError) -> None:
        """A call that was refused costs nothing."""
        if error.usage is not None or not self._came:
            self.prompt = error.usage

    def usage(self) -> Usage:
        if self.prompt is None:
            return Usage()
        came = min(self._came, self._asked.max_tokens)
        return replace(self.prompt, completion_tokens=max(self.prompt.completion_tokens, came))


def _thinking_tokens(request: ModelRequest) -> int:
    """What the model is told to think with; the API wants the answer to be allowed more."""
    thinking = (request.config.provider_options or {}).get("thinking")
    tokens = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    return tokens if isinstance(tokens, int) else 0


def _bytes(event: ModelEvent) -> int:
    """No token is shorter than a byte. A text has come in pieces before it comes as a block."""
    match event:
        case TextDelta():
            return len(event.text.encode(errors="replace"))
        case BlockDone(block=block) if not isinstance(block, TextContent):
            return len(codec.encode(block))
        case _:
            return 0


def _estimated(request: ModelRequest) -> int:
    """Tokens of a prompt that nobody can count; rather too many."""
    said = sum(sizes.message_tokens(message) for message in request.history)
    return said + sum(map(sizes.text_tokens, request.system)) + sizes.tools_tokens(request.tools)


def _deadline(granted: Granted) -> float | None:
    if granted.seconds is None:
        return None
    return asyncio.get_running_loop().time() + granted.seconds


async def _until(
    events: AsyncIterator[ModelEvent], deadline: float | None
) -> AsyncIterator[ModelEvent]:
    """The same, up to a time of the loop's clock: TimeoutError."""
    while True:
        async with asyncio.timeout_at(deadline):
            event = await anext(events, None)
        if event is None:
            return
        yield event
