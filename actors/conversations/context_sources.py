"""What a prompt is made of besides the settings, gathered once for each request of the user.

Files are read and tools called when a request's first turn is asked; its later turns find the same,
so that what the model was told does not change under it and a provider's cache holds. What tools
said is kept as their settings say, as long as the conversation's actor lives.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec import Struct

from actors.conversations.context_building import ContextBuildError, Gathered, gather
from actors.ports import Clock, ToolOutcome
from storage.records.prompt import DynamicContextEntry
from storage.records.session import Session
from storage.records.workspace import DynamicContextSettings, WorkspaceSettings

CallTool = Callable[[Session, str, dict[str, Any], float], Awaitable[ToolOutcome]]
"""For a session: `server.tool`, its arguments, and a limit in seconds."""
Failed = Callable[[DynamicContextSettings, str], object]
"""Hears of a call that failed, and why."""
LONGEST_RESULT = 100_000
"""Characters of a result; the rest is left out."""


class _Kept(Struct, frozen=True):
    settings: DynamicContextSettings
    entry: DynamicContextEntry
    at: float


class ContextSources:
    """Of one conversation. Its methods run on the I/O loop, but `refresh`.

    `without_summary`: the request for which a summary could not be had.
    """

    def __init__(self, call: CallTool, clock: Clock) -> None:
        self._call = call
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._latest: tuple[str, Gathered] | None = None
        self.without_summary: str | None = None

    def refresh(self) -> None:
        """Call all tools again for the next request. From any thread."""
        self._kept = {}

    async def of_request(
        self, response_id: str, session: Session, settings: WorkspaceSettings, failed: Failed
    ) -> Gathered:
        """The same for every turn of a request. ContextBuildError, also for a required tool."""
        if self._latest is None or self._latest[0] != response_id:
            self._latest = response_id, await self.now(session, settings, failed)
        return self._latest[1]

    async def now(self, session: Session, settings: WorkspaceSettings, failed: Failed) -> Gathered:
        """What the next request would find."""
        wanted = settings.dynamic_context
        calls = (self._entry(each, session, failed) for each in wanted)
        entries = await asyncio.gather(*calls)
        _require(wanted, entries)
        return await gather(settings, self._clock, tuple(entries))

    async def _entry(
        self, wanted: DynamicContextSettings, session: Session, failed: Failed
    ) -> DynamicContextEntry:
        kept = self._kept.get(wanted.id)
        if kept is not None and kept.settings == wanted and not self._is_due(kept):
            return kept.entry
        at = self._clock.monotonic()
        outcome = await self._asked(wanted, session)
        name = f"{wanted.server}.{wanted.tool}"
        if outcome.is_error:
            self._kept.pop(wanted.id, None)
            failed(wanted, outcome.content)
            return DynamicContextEntry(tool_name=name, error=outcome.content)
        entry = DynamicContextEntry(tool_name=name, result=_shortened(outcome.content))
        self._kept[wanted.id] = _Kept(wanted, entry, at)
        return entry

    def _is_due(self, kept: _Kept) -> bool:
        refresh = kept.settings.refresh
        if refresh.enabled and refresh.interval_seconds is not None:
            return self._clock.monotonic() - kept.at >= refresh.interval_seconds
        return refresh.enabled and not refresh.on_demand

    async def _asked(self, wanted: DynamicContextSettings, session: Session) -> ToolOutcome:
        limit = wanted.timeout_seconds
        params = _placed(wanted.params, session.location_path)
        try:
            async with asyncio.timeout(limit):
                return await self._call(session, f"{wanted.server}.{wanted.tool}", params, limit)
        except TimeoutError:
            text = f"no answer within its limit of {limit:g} seconds"
            return ToolOutcome(content=text, is_error=True)


def _require(
    wanted: Sequence[DynamicContextSettings], entries: Sequence[DynamicContextEntry]
) -> None:
    for settings, entry in zip(wanted, entries, strict=True):
        if settings.required and entry.error is not None:
            raise ContextBuildError(
                f"the dynamic context {settings.id} is required, and {entry.tool_name} failed:"
                f" {entry.error}; mend it, or take `required` out of workspace.json"
            )


def _placed(value: Any, location_path: str) -> Any:
    """`value` with `{{location_path}}` filled in, however deep it stands."""
    match value:
        case str():
            return value.replace("{{location_path}}", location_path)
        case dict():
            return {name: _placed(each, location_path) for name, each in value.items()}
        case list():
            return [_placed(each, location_path) for each in value]
        case _:
            return value


def _shortened(text: str) -> str:
    left_out = len(text) - LONGEST_RESULT
    if left_out <= 0:
        return text
    return f"{text[:LONGEST_RESULT]}\n[Shortened: {left_out} characters are left out.]"
