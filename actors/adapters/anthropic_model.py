"""Models behind the Messages API, through the official SDK: fulfils `ModelProvider`.

Always streams, never retries by itself (the caller's retries are visible ones), passes the key
explicitly so that no profile on disk is picked up. The SDK costs a second and 80 MB to import: that
happens at the first call. Conversion, options, errors and the stream's grammar live beside it.
"""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from actors.adapters import prices
from actors.adapters.anthropic_blocks import PROVIDER
from actors.adapters.anthropic_caching import marked
from actors.adapters.anthropic_errors import (
    Endpoint,
    key_missing,
    model_error,
    status_error,
    without,
)
from actors.adapters.anthropic_messages import system_blocks, to_provider, tool_params
from actors.adapters.anthropic_options import create_arguments
from actors.adapters.anthropic_turn import MalformedStreamError, TurnBuilder
from actors.adapters.tool_names import ToolNames
from actors.decisions.models import output_limit
from actors.ports import (
    ModelDescription,
    ModelError,
    ModelEvent,
    ModelRequest,
    PromptSent,
    TurnDone,
)
from storage.records.workspace import ProviderSettings

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic, AsyncStream
    from anthropic.types import RawMessageStreamEvent

DEFAULT_KEY_VARIABLE = "ANTHROPIC_API_KEY"
DEFAULT_URL = "https://api.anthropic.com"
CONNECT_SECONDS = 10.0
DESCRIBE_SECONDS = 5.0
# So long a models API that did not answer is not asked again.
OFFLINE_SECONDS = 60.0
# What `count_tokens` takes of the arguments of `create`.
_COUNTED = ("cache_control", "output_config", "speed", "thinking", "tool_choice")


class AnthropicModel:
    """One connection pool, opened by the first call, on the loop that makes it."""

    name = PROVIDER

    def __init__(
        self,
        settings: ProviderSettings = ProviderSettings(),  # noqa: B008 - a frozen record
        *,
        environ: Mapping[str, str] = os.environ,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        url = settings.base_url or environ.get("ANTHROPIC_BASE_URL") or DEFAULT_URL
        self.endpoint = Endpoint(url, settings.api_key_env or DEFAULT_KEY_VARIABLE)
        self._environ = environ
        self._now = now
        self._silence_seconds = settings.silence_seconds
        self._opened: AsyncAnthropic | None = None
        self._calls = 0
        self._is_left = False
        self._described: dict[str, ModelDescription] = {}
        self._asked_at: dict[str, float] = {}

    def problem(self) -> ModelError | None:
        return None if self._key() else key_missing(self.endpoint)

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """See the port. A turn that ends before `message_stop` is a ModelError, retryable."""
        names = ToolNames(tool.name for tool in request.tools)
        options = create_arguments(request.config, request.stop_sequences)
        client = await self._client()
        limit = output_limit(request.config, await self.describe(request.model))
        turn = TurnBuilder(names)
        self._calls += 1
        try:
            yield PromptSent()
            stream = await client.messages.create(
                **_sent(request), **options, max_tokens=limit, stream=True
            )
            async with stream, aclosing(self._read(stream, turn)) as events:
                async for event in events:
                    yield event
        except Exception as error:
            failed = model_error(error, self.endpoint, self._now())
            failed.usage = turn.counted
            raise without(self._key(), failed) from error
        finally:
            self._calls -= 1
            await self._close_if_left()

    async def describe(self, model: str) -> ModelDescription:
        """From the models API; where that does not answer, the offline table's window."""
        known = self._described.get(model)
        if known is not None:
            return known
        window = await asyncio.to_thread(prices.context_window, model, PROVIDER)
        offline = ModelDescription(model=model, context_window=window)
        now = asyncio.get_running_loop().time()
        if not self._key() or now - self._asked_at.get(model, -OFFLINE_SECONDS) < OFFLINE_SECONDS:
            return offline
        client = await self._client()
        from anthropic import AnthropicError, APIStatusError
        from httpx2 import HTTPError

        try:
            found = await client.models.retrieve(model, timeout=DESCRIBE_SECONDS)
        except (AnthropicError, HTTPError, ValueError) as error:
            if isinstance(error, APIStatusError) and error.status_code in {404, 405}:
                self._described[model] = offline
            self._asked_at[model] = now
            return offline
        self._described[model] = ModelDescription(
            model=model,
            context_window=_count(found, "max_input_tokens") or offline.context_window,
            max_output_tokens=_count(found, "max_tokens"),
        )
        return self._described[model]

    async def count_tokens(self, request: ModelRequest) -> int | None:
        if not self._key():
            return None
        client = await self._client()
        from anthropic import AnthropicError
        from httpx2 import HTTPError

        options = create_arguments(request.config)
        counted = {name: options[name] for name in _COUNTED if name in options}
        try:
            count = await client.messages.count_tokens(
                **_sent(request), **counted, timeout=DESCRIBE_SECONDS
            )
        except (AnthropicError, HTTPError, ValueError):
            return None
        return _count(count, "input_tokens")

    async def close(self) -> None:
        """Close the pool once no stream uses it; a later call opens another."""
        self._is_left = True
        await self._close_if_left()

    async def _close_if_left(self) -> None:
        if self._calls or not self._is_left:
            return
        client, self._opened = self._opened, None
        if client is not None:
            await client.close()

    async def _read(
        self, stream: "AsyncStream[RawMessageStreamEvent]", turn: TurnBuilder
    ) -> AsyncGenerator[ModelEvent, None]:
        # The raw events: typed ones cost a third of the speed and lose what the SDK does not know.
        async for sent in stream.raw_events(stream.response):
            if not sent.data:
                continue
            event = _decoded(sent.data)
            if sent.event == "error" or event.get("type") == "error":
                headers = stream.response.headers
                raise status_error(200, event, headers, self.endpoint, self._now())
            said = turn.feed(event)
            if said is not None:
                yield said
            if isinstance(said, TurnDone):
                return
        raise MalformedStreamError("it ended before its last event")

    def _key(self) -> str | None:
        return self._environ.get(self.endpoint.key_variable) or None

    async def _client(self) -> "AsyncAnthropic":
        key = self._key()
        if key is None:
            raise key_missing(self.endpoint)
        # In a thread: the import takes a second, in which the loop has other streams to serve.
        await asyncio.to_thread(import_module, "anthropic")
        if self._opened is None:
            import anthropic
            import httpx2

            self._opened = anthropic.AsyncAnthropic(
                api_key=key,
                base_url=self.endpoint.url,
                max_retries=0,
                timeout=httpx2.Timeout(self._silence_seconds, connect=CONNECT_SECONDS),
            )
        return self._opened


def _sent(request: ModelRequest) -> dict[str, Any]:
    """What both `create` and `count_tokens` send."""
    history = to_provider(request.history)
    system = system_blocks(request.system, history.system)
    tools = tool_params(request.tools)
    sent = {
        "model": request.model,
        "messages": history.messages,
        **({"system": system} if system else {}),
        **({"tools": tools} if tools else {}),
    }
    stable, volatile = (bool(part.strip()) for part in request.system)
    return marked(sent, stable=stable, volatile=volatile)


def _decoded(data: str) -> dict[str, Any]:
    """One event. The slower decoder takes what the strict one refuses: half a surrogate pair."""
    try:
        event = msgspec.json.decode(data)
    except msgspec.DecodeError:
        event = json.loads(data)
    if not isinstance(event, dict):
        raise MalformedStreamError("an event that is not a JSON object")
    return event


def _count(answer: object, field: str) -> int | None:
    """A number of an answer; servers of other makes leave fields out or fill in others."""
    value = getattr(answer, field, None)
    return value if isinstance(value, int) and value > 0 else None
