"""What actors need from outside, as small Protocols; `adapters` fulfil them.

Every method may be called from any thread, unless its docstring says more of threads.
"""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from storage.records.config import SessionConfig
from storage.records.conversation import Cost, Usage
from storage.records.message import ChatMessage, Content
from storage.records.tool import Tool

Cancel = Callable[[], None]
ToldProgress = Callable[[str], object]
"""Hears how far a tool call is, in one line. It must be quick."""


class Clock(Protocol):
    """Two readings and a timer. Deadlines use `monotonic`; `now` is for people and journals."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds; only differences mean anything."""
        ...

    def after(self, seconds: float, call: Callable[[], object]) -> Cancel:
        """Call once, from the timer's thread, after `seconds`; the returned function cancels it.

        `call` must be short and must not raise: it hands a message to an actor.
        """
        ...


class ModelRequest(Struct, frozen=True, kw_only=True):
    """One call of a model: what is sent, in our records. `max_tokens` caps the output.

    `system` is the prompt in two parts, the stable one first (it may be cached). The model is
    stopped where it would write one of `stop_sequences`, which is then not in its text.
    """

    model: str
    system: tuple[str, str]
    history: tuple[ChatMessage, ...]
    tools: tuple[Tool, ...] = ()
    config: SessionConfig = SessionConfig()
    stop_sequences: tuple[str, ...] = ()


class PromptSent(Struct, frozen=True):
    """The request is on its way and may cost from here on; told again with what is counted of it.

    `usage`: what the provider, or whoever counts for it, says that it has taken so far.
    """

    usage: Usage | None = None


class TextDelta(Struct, frozen=True):
    """A piece of the block being written; `index` is the block's position in the turn."""

    index: int
    text: str


class BlockDone(Struct, frozen=True):
    index: int
    block: Content


class TurnDone(Struct, frozen=True, kw_only=True):
    """The end of a turn that came whole: the last event of a stream.

    `stop_reason` in the provider's words: end_turn, tool_use, max_tokens, refusal, stop_sequence…
    """

    content: tuple[Content, ...]
    stop_reason: str
    usage: Usage
    model: str
    raw_response: dict[str, Any]


ModelEvent = PromptSent | TextDelta | BlockDone | TurnDone


class ModelError(Exception):
    """A call that failed. `retryable`: it may pass; after `retry_after_seconds` if that is known.

    The text says what happened and what to do next. `usage`: what was counted of it before.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "provider-error",
        retryable: bool = False,
        retry_after_seconds: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(message)
        self.usage = usage
        self.code = code
        self.retryable = retryable
        self.retry_after_seconds = retry_after_seconds


class ModelDescription(Struct, frozen=True, kw_only=True):
    """What is known of a model, None where nothing is."""

    model: str
    context_window: int | None = None
    max_output_tokens: int | None = None


class ModelProvider(Protocol):
    """A source of models. Its methods run on the I/O loop; cancelling their task stops the call."""

    name: str

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """PromptSent first, deltas and blocks as they arrive, a TurnDone last. Raises ModelError,
        nothing else.
        """
        ...

    def problem(self) -> ModelError | None:
        """Why no request can succeed as things stand, known without asking anybody."""
        ...

    async def describe(self, model: str) -> ModelDescription: ...

    async def count_tokens(self, request: ModelRequest) -> int | None:
        """Prompt tokens, or None if the provider cannot say."""
        ...

    async def close(self) -> None: ...


class ToolOutcome(Struct, frozen=True, kw_only=True):
    """What a call gave: text for the model. `is_error`: the tool's no, or ours on its behalf.

    `is_unknown`: nothing came of a call that was sent, so it may have had its effect.
    """

    content: str
    is_error: bool = False
    is_unknown: bool = False


class CallCutOffError(ConnectionError):
    """The server went while a call was under way."""


class ToolConnection(Protocol):
    """An open connection to one server of tools. Its methods run on the I/O loop."""

    async def list_tools(self) -> tuple[Tool, ...]: ...

    async def call(
        self,
        name: str,
        args: dict[str, Any],
        timeout_seconds: float | None = None,
        on_progress: ToldProgress | None = None,
    ) -> ToolOutcome:
        """`name` without the server's. A server that is gone raises ConnectionError.

        The server's own limit holds, and `timeout_seconds` where that is less. A cancel of the
        task is passed on to the server.
        """
        ...


class PriceTable(Protocol):
    """Windows and prices from tables on this machine. None is unknown, never zero."""

    def context_window(self, model: str, provider: str | None) -> int | None: ...

    def cost(self, usage: Usage, model: str, provider: str | None) -> Cost | None: ...
