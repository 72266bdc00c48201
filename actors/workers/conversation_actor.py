"""Performs a conversation's effects: calls the model and the tools, and tells what came of it.

Decides nothing and keeps nothing that matters: the session asks again after a crash. All waiting
is on the I/O loop; this actor starts the work there and can cancel it at any time.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from actors.messages import outcomes as o
from actors.messages import work
from actors.supervision import BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from actors.tools.tool_box import ToolBox, call_tool
from actors.workers.turn_call import TurnCall

if TYPE_CHECKING:
    from concurrent.futures import Future

TOOLS_SECONDS = 20.0
"""How long a call of the model waits for tool servers that are still being started."""
TOOL_CALL_SECONDS = 600.0


class ConversationActor(BaseActor):
    def __init__(
        self, context: ChildContext, around: Surroundings, boxes: tuple[ToolBox, ...]
    ) -> None:
        super().__init__(context)
        self._around = around
        self._boxes = boxes
        self._running: dict[str, set[Future[Any]]] = {}

    def on_message(self, message: Any) -> object:
        match message:
            case work.Prepare():
                self._run("", self._prepare())
            case work.Ask():
                self._run(message.response_id, self._ask(message))
            case work.Call():
                self._run(message.response_id, self._call(message))
            case work.Stop():
                self._drop(message.response_id)
            case work.EndProcess():
                self._drop_all()
            case work.EffectFailed():
                raise message.error
            case _:
                return super().on_message(message)
        return None

    def stopping(self) -> None:
        self._drop_all()

    def _run(self, response_id: str, effect: Any) -> None:
        future = self._around.io.run(effect, self._effect_failed)
        self._running.setdefault(response_id, set()).add(future)
        under_way = {
            of: {one for one in group if not one.done()} for of, group in self._running.items()
        }
        self._running = {of: group for of, group in under_way.items() if group}

    def _effect_failed(self, error: BaseException) -> None:
        if not self.actor_stopped.is_set():
            tell(self.actor_ref, work.EffectFailed(error))

    def _drop(self, response_id: str) -> None:
        for future in self._running.pop(response_id, ()):
            future.cancel()
        self._around.written.drop(response_id)

    def _drop_all(self) -> None:
        for response_id in list(self._running):
            self._drop(response_id)

    def _tell(self, outcome: o.Outcome) -> None:
        if self.context.supervisor is not None:
            tell(self.context.supervisor, outcome)

    async def _tools(self) -> Any:
        return tuple([tool for box in self._boxes for tool in await box.tools(TOOLS_SECONDS)])

    async def _prepare(self) -> None:
        self._tell(o.ConversationReady(await self._tools()))

    async def _ask(self, ask: work.Ask) -> None:
        await asyncio.sleep(ask.delay_seconds)
        call = TurnCall(self._around, ask, await self._tools(), self._tell)
        await call.run()

    async def _call(self, message: work.Call) -> None:
        call = message.call
        outcome = await call_tool(self._boxes, call.name, call.args, TOOL_CALL_SECONDS)
        self._tell(
            o.ToolReturned(
                response_id=message.response_id,
                tool_call_id=call.tool_call_id,
                content=outcome.content,
                is_error=outcome.is_error,
            )
        )
