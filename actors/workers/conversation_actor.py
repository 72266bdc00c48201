"""Performs a conversation's effects: calls the model and the tools, and tells what came of it.

Decides nothing and keeps nothing that matters: the session asks again after a crash. All waiting
is on the I/O loop; this actor starts the work there and can cancel it at any time.
"""

from typing import TYPE_CHECKING, Any

from actors.conversations.context_sources import ContextSources
from actors.messages import outcomes as o
from actors.messages import work
from actors.ports import ModelError, ToldProgress, ToolOutcome
from actors.supervision import BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from actors.tools.tool_box import ToolBox, call_tool
from actors.workers.budgeted_tool import cleared
from actors.workers.call_progress import told_progress
from actors.workers.pausing import pause
from actors.workers.prompt_tools import PromptTools
from actors.workers.shown_context import CUT_SHORT, shown_context
from actors.workers.turn_call import TurnCall
from storage.records.conversation import Failure, ToolCall

if TYPE_CHECKING:
    from concurrent.futures import Future

TOOLS_SECONDS = 20.0
"""How long a call, of the model or of a tool, waits for servers that are still being started."""
CHANGED_TOOL = (
    "this call was not run: what the server says of the tool has changed since it was called;"
    " call it again, and a person is asked"
)


class ConversationActor(BaseActor):
    def __init__(
        self, context: ChildContext, around: Surroundings, boxes: tuple[ToolBox, ...]
    ) -> None:
        super().__init__(context)
        self._around = around
        self._boxes = boxes
        self._running: dict[str, set[Future[Any]]] = {}
        self._calls: set[str] = set()
        said = PromptTools(around, boxes, self._tell)
        self._sources = ContextSources(said.call, around.clock)

    def on_message(self, message: Any) -> object:
        match message:
            case work.Prepare():
                self._run("", self._prepare())
            case work.Ask():
                self._run(message.response_id, self._ask(message))
            case work.Call():
                self._calls.add(message.call.tool_call_id)
                self._run(message.response_id, self._call(message))
            case work.ShowContext():
                self._run("", self._show(message))
            case work.RefreshContext():
                self._sources.refresh()
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

    def dropped(self, message: Any) -> None:
        """Came too late: whoever waits for it hears so."""
        if isinstance(message, work.ShowContext):
            message.reply.send(CUT_SHORT)

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
        tools = await self._tools()
        self._tell(o.ConversationReady(tools, frozenset(self._calls.copy())))

    async def _show(self, asked: work.ShowContext) -> None:
        try:
            asked.reply.send(
                await shown_context(self._around, asked, await self._tools(), self._sources)
            )
        finally:
            asked.reply.send(CUT_SHORT)

    async def _ask(self, ask: work.Ask) -> None:
        await self._around.trees.settled(ask.session.id)
        await pause(self._around, ask)
        call = TurnCall(self._around, ask, await self._tools(), self._sources, self._tell)
        await call.run()

    async def _called(self, call: ToolCall, on_progress: ToldProgress) -> ToolOutcome:
        """Once its server is there, and only if that says of it what it said when planned."""
        if all(box.find(call.name)[0] is None for box in self._boxes):
            await self._tools()
        offered = {tool.name: tool.digest for box in self._boxes for tool in box.offered()}
        if call.digest and offered.get(call.name, call.digest) != call.digest:
            return ToolOutcome(content=CHANGED_TOOL, is_error=True)
        return await call_tool(self._boxes, call.name, call.args, on_progress=on_progress)

    async def _call(self, message: work.Call) -> None:
        call = message.call
        made = False
        try:
            key = f"{message.response_id}/{call.tool_call_id}"
            async with cleared(self._around, message.session, key, self._tell):
                made = True
                with told_progress(self._around, message, self._tell) as on_progress:
                    outcome = await self._called(call, on_progress)
            self._tell(
                o.ToolReturned(
                    response_id=message.response_id,
                    tool_call_id=call.tool_call_id,
                    content=outcome.content,
                    is_error=outcome.is_error,
                    is_unknown=outcome.is_unknown,
                )
            )
        except ModelError as error:
            stopped = Failure(code=error.code, message=str(error))
            self._tell(o.CallStopped(message.response_id, call.tool_call_id, stopped, made=made))
        finally:
            self._calls.discard(call.tool_call_id)
