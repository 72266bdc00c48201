"""One call of the model, from context to whole turn: streams, publishes, tells how it ended."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from msgspec.structs import replace

from actors.conversations.context_building import ContextBuildError
from actors.conversations.context_sources import ContextSources
from actors.conversations.growing_turn import GrowingTurn
from actors.decisions.models import output_limit
from actors.messages import outcomes as o
from actors.messages import work
from actors.ports import (
    BlockDone,
    ModelDescription,
    ModelError,
    ModelRequest,
    PromptSent,
    TextDelta,
    TurnDone,
)
from actors.surroundings import Surroundings
from actors.workers.budgeted_model import budgeted
from actors.workers.request_context import provider_of
from actors.workers.turn_context import TurnContext
from storage.records.conversation import Turn, TurnGrew, Usage
from storage.records.tool import Tool


class TurnCall:
    """Runs on the I/O loop. A cancel leaves nothing behind; errors of the model are outcomes."""

    def __init__(
        self,
        around: Surroundings,
        ask: work.Ask,
        tools: tuple[Tool, ...],
        sources: ContextSources,
        tell: Callable[[o.Outcome], None],
    ) -> None:
        self._around = around
        self._ask = ask
        self._context = TurnContext(around, ask, tools, sources, tell)
        self._tell = tell
        self._grown = GrowingTurn()
        self._counted: Usage | None = None

    async def run(self) -> None:
        ask, around = self._ask, self._around
        around.written.put(ask.response_id, self._turn())
        try:
            provider_name, model_port = provider_of(around, ask.session)
            provider = budgeted(model_port, around, ask, provider_name, self._tell)
            built = await self._context.made(provider, provider_name)
            if built is None:
                return
            described = await provider.describe(built.request.model)
            async with aclosing(provider.stream(built.request)) as events:  # type: ignore[type-var]  # an async generator in every adapter
                async for event in events:
                    if isinstance(event, TurnDone):
                        self._tell(self._arrived(event, provider_name, built.request, described))
                    else:
                        self._take(event)
        except ModelError as error:
            self._fail(error)
        except ContextBuildError as error:
            self._fail(ModelError(str(error), code=error.code))
        finally:
            around.written.drop(ask.response_id)

    def _take(self, event: PromptSent | TextDelta | BlockDone) -> None:
        match event:
            case PromptSent():
                self._counted = event.usage
                self._around.written.sent(self._ask.response_id, event.usage)
            case TextDelta():
                self._grown.write(event.index, event.text)
                if self._grown.is_worth_a_look(asyncio.get_running_loop().time()):
                    self._publish()
            case BlockDone():
                self._grown.complete(event.index, event.block)
                self._publish()
                self._tell(
                    o.BlockArrived(self._ask.response_id, self._ask.turn.number, event.block)
                )

    def _arrived(
        self, done: TurnDone, provider: str, request: ModelRequest, described: ModelDescription
    ) -> o.TurnArrived:
        return o.TurnArrived(
            response_id=self._ask.response_id,
            number=self._ask.turn.number,
            content=done.content,
            stop_reason=done.stop_reason,
            usage=done.usage,
            model=done.model,
            provider=provider,
            raw_response=done.raw_response,
            tools=request.tools,
            window=described.context_window,
            max_tokens=output_limit(request.config, described),
            most_tokens=described.max_output_tokens,
        )

    def _turn(self) -> Turn:
        """As it is at this moment: being asked, and not waiting for anything."""
        return replace(self._ask.turn, content=self._grown.content(), waits_until=None)

    def _publish(self) -> None:
        turn = self._turn()
        self._around.written.put(self._ask.response_id, turn)
        self._around.broadcaster.publish(
            TurnGrew(self._ask.session.id, self._ask.response_id, turn)
        )

    def _fail(self, error: ModelError) -> None:
        """A call of which nothing came and of which its provider says no more costs nothing."""
        content = self._grown.content()
        self._tell(
            o.TurnFailed(
                response_id=self._ask.response_id,
                number=self._ask.turn.number,
                code=error.code,
                message=str(error),
                retryable=error.retryable,
                retry_after_seconds=error.retry_after_seconds,
                content=content,
                usage=error.usage or (self._counted if content else None),
            )
        )
