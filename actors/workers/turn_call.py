"""One call of the model, from context to whole turn: streams, publishes, tells how it ended."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from msgspec.structs import replace

from actors.conversations import attached_images, context_building
from actors.decisions.models import model_of
from actors.messages import outcomes as o
from actors.messages import work
from actors.messages.recording import TurnGrew
from actors.ports import BlockDone, ModelError, ModelEvent, TextDelta, TurnDone
from actors.surroundings import Surroundings
from storage.records.message import Content, TextContent
from storage.records.tool import Tool

PUBLISH_SECONDS = 0.016
"""Text is published at most this often: a sixtieth of a second is a frame of a screen."""


class TurnCall:
    """Runs on the I/O loop. A cancel leaves nothing behind; errors of the model are outcomes."""

    def __init__(
        self,
        around: Surroundings,
        ask: work.Ask,
        tools: tuple[Tool, ...],
        tell: Callable[[o.Outcome], None],
    ) -> None:
        self._around = around
        self._ask = ask
        self._tools = tools
        self._tell = tell
        self._blocks: dict[int, Content] = {}
        self._published_at = -1.0

    async def run(self) -> None:
        ask, around = self._ask, self._around
        settings = around.workspaces.settings(ask.session.workspace)
        provider_name, model = model_of(ask.session.config, settings)
        around.written.put(ask.response_id, replace(ask.turn, content=()))
        try:
            provider = around.models.provider(ask.session.workspace, provider_name, settings)
            place = around.data.session(ask.session.workspace, ask.session.id)
            messages = await asyncio.to_thread(attached_images.restored, place, ask.messages)
            built = await context_building.build(
                ask.session, messages, settings, self._tools, around.clock
            )
            window = (await provider.describe(model)).context_window
            async with aclosing(provider.stream(built.request)) as events:  # type: ignore[type-var]  # an async generator in every adapter
                async for event in events:
                    self._take(event, provider_name, built.request.tools, window)
        except ModelError as error:
            self._fail(error.code, str(error), error.retryable, error.retry_after_seconds)
        except context_building.ContextBuildError as error:
            self._fail(error.code, str(error), False, None)
        finally:
            around.written.drop(ask.response_id)

    def _take(
        self, event: ModelEvent, provider: str, tools: tuple[Tool, ...], window: int | None
    ) -> None:
        match event:
            case TextDelta():
                before = self._blocks.get(event.index)
                text = before.text if isinstance(before, TextContent) else ""
                self._blocks[event.index] = TextContent(text + event.text)
                self._publish(now=False)
            case BlockDone():
                self._blocks[event.index] = event.block
                self._publish(now=True)
                self._tell(
                    o.BlockArrived(self._ask.response_id, self._ask.turn.number, event.block)
                )
            case TurnDone():
                self._tell(self._arrived(event, provider, tools, window))

    def _arrived(
        self, done: TurnDone, provider: str, tools: tuple[Tool, ...], window: int | None
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
            tools=tools,
            window=window,
        )

    def _content(self) -> tuple[Content, ...]:
        return tuple(self._blocks[index] for index in sorted(self._blocks))

    def _publish(self, *, now: bool) -> None:
        time = asyncio.get_running_loop().time()
        if not now and time - self._published_at < PUBLISH_SECONDS:
            return
        self._published_at = time
        turn = replace(self._ask.turn, content=self._content())
        self._around.written.put(self._ask.response_id, turn)
        self._around.broadcaster.publish(
            TurnGrew(self._ask.session.id, self._ask.response_id, turn)
        )

    def _fail(
        self, code: str, message: str, retryable: bool, retry_after_seconds: float | None
    ) -> None:
        self._tell(
            o.TurnFailed(
                response_id=self._ask.response_id,
                number=self._ask.turn.number,
                code=code,
                message=message,
                retryable=retryable,
                retry_after_seconds=retry_after_seconds,
                content=self._content(),
            )
        )
