"""The context of one turn, as far as it can be had: what fails in it is told, and left out."""

from collections.abc import Callable
from functools import partial
from typing import Any

from actors.conversations.context_building import BuiltContext
from actors.conversations.context_sources import ContextSources
from actors.conversations.summarizing import UselessSummaryError, summarized
from actors.decisions.context.strategy import Summarize
from actors.decisions.models import CONFIG_IS_SET
from actors.messages import outcomes as o
from actors.messages import work
from actors.ports import ModelError, ModelProvider
from actors.surroundings import Surroundings
from actors.workers.request_context import built_for, fitted_for, without_summary
from storage.records.tool import Tool
from storage.records.workspace import DynamicContextSettings

MOST_USELESS = 2
"""Summaries of the same messages; a model that gave so many of no use is not paid for another."""
NO_MORE = (
    "{} gave two of no use for these messages and is not asked for another; older messages are left"
    f" out instead; set config.model or config.context_strategy ({CONFIG_IS_SET})"
)


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
        ask, written, model = self._ask, self._around.written, built.request.model
        if ask.useless_summaries.count(wanted.span[0].id) >= MOST_USELESS:
            self._failed("summary", NO_MORE.format(model))
            return False
        try:
            described = await provider.describe(model)
            window = described.context_window or 0
            sent = partial(written.sent, ask.response_id)
            made = await summarized(wanted, model, provider, window, sent)
        except ModelError as error:
            written.came_back(ask.response_id)
            of = wanted.span[0].id if isinstance(error, UselessSummaryError) else None
            text = f"{error}; older messages are left out instead"
            self._failed("summary", text, usage=error.usage, provider=provider_name, of=of)
            return False
        written.came_back(ask.response_id)
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

    def _failed(self, part: str, reason: str, **took: Any) -> None:
        ask = self._ask
        self._tell(o.ContextPartFailed(ask.response_id, ask.turn.number, part, reason, **took))
