"""Rounds and turns: a request, and what the model took to answer it."""

from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct

from storage.records.message import ChatMessage, Content, ToolResultContent, text_of
from storage.records.process import UtcTime

TurnStatus = Literal["streaming", "completed", "error", "interrupted"]
ToolCallStatus = Literal["pending", "running", "completed", "failed", "denied", "unknown"]
RoundStatus = Literal["queued", "running", "completed", "failed", "cancelled", "interrupted"]


class Usage(Struct, frozen=True, gc=False, kw_only=True):
    """Tokens of one or more model calls; `prompt_tokens` includes the cached ones."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
        )


class Cost(Struct, frozen=True, gc=False, kw_only=True):
    """US dollars, and which price table said so."""

    usd: Decimal
    source: str


class ToolCall(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`unknown`: it may or may not have happened, a crash came between.

    `only_reads`: known when it started, by hints that the workspace trusts.
    """

    tool_call_id: str
    name: str
    args: dict[str, Any]
    status: ToolCallStatus = "pending"
    only_reads: bool = False
    result: ToolResultContent | None = None


class Turn(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One call of the model. `raw_response` is the provider's own record without the content."""

    number: int
    status: TurnStatus
    content: tuple[Content, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    raw_response: dict[str, Any] | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    retries: int = 0
    error: str | None = None
    started_at: UtcTime
    completed_at: UtcTime | None = None

    @property
    def text(self) -> str:
        return text_of(self.content)


class Failure(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What went wrong: a code in kebab case, and a sentence that says what to do next."""

    code: str
    message: str


class Round(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A request and its response. `id` is the response id; `cuts` counts crashes it survived."""

    id: str
    request: ChatMessage
    request_id: str | None = None
    status: RoundStatus
    turns: tuple[Turn, ...] = ()
    failure: Failure | None = None
    cuts: int = 0
    created_at: UtcTime
    completed_at: UtcTime | None = None

    @property
    def text(self) -> str:
        """What the model said, turn by turn."""
        return "\n\n".join(turn.text for turn in self.turns if turn.text)

    @property
    def usage(self) -> Usage:
        return sum((turn.usage for turn in self.turns if turn.usage), Usage())

    @property
    def is_open(self) -> bool:
        return self.status in {"queued", "running"}
