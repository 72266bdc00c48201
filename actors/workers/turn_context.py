"""The context of one turn, as far as it can be had: what fails in it is told, and left out."""

from collections.abc import Callable

from actors.conversations.context_building import BuiltContext
from actors.conversations.context_sources import ContextSources
from actors.conversations.summarizing import summarized
from actors.decisions.context.strategy import Summarize
from actors.messages import outcomes as o
from actors.messages import work
from actors.ports import ModelError, ModelProvider
from actors.surroundings import Surroundings
from actors.workers.request_context import built_for, fitted_for, without_summary
from storage.records.tool import Tool
from storage.records.workspace import DynamicContextSettings


class TurnContext:
    """On the I/O loop. `provider` is called by the name `provider_name`."""

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
        self._tools = tools
        self._sources = sources
        self._tell = tell

    async def made(self, provider: ModelProvider, provider_name: str) -> BuiltContext | None:
        """None if a summary had to come first: once it is recorded, the session asks again.

        ContextBuildError, ModelError.
        """
        ask, session = self._ask, self._ask.session
        settings = self._around.workspaces.settings(session.workspace)
        gathered = await self._sources.of_request(
            ask.response_id, session, settings, self._call_failed
        )
        built = await built_for(self._around, session, ask.messages, self._tools, gathered)
        if self._sources.without_summary == ask.response_id:
            return await without_summary(session, built, provider)
        found = await fitted_for(session, built, provider)
        if isinstance(found, BuiltContext):
            return found
        if await self._summarized(found, built, provider, provider_name):
            return None
        self._sources.without_summary = ask.response_id
        return await without_summary(session, built, provider)

    async def _summarized(
        self, wanted: Summarize, built: BuiltContext, provider: ModelProvider, provider_name: str
    ) -> bool:
        ask = self._ask
        try:
            described = await provider.describe(built.request.model)
            window = described.context_window or 0
            made = await summarized(wanted, built.request.model, provider, window)
        except ModelError as error:
            self._failed("summary", f"{error}; older messages are left out instead")
            return False
        self._tell(
            o.HistorySummarized(
                response_id=ask.response_id,
                number=ask.turn.number,
                text=made.text,
                of=tuple(message.id for message in wanted.span),
                usage=made.usage,
                model=made.model,
                provider=provider_name,
            )
        )
        return True

    def _call_failed(self, settings: DynamicContextSettings, reason: str) -> None:
        self._failed(f"dynamic context {settings.id}", reason)

    def _failed(self, part: str, reason: str) -> None:
        ask = self._ask
        self._tell(o.ContextPartFailed(ask.response_id, ask.turn.number, part, reason))
