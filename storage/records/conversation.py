"""Rounds and turns: a request, and what the model took to answer it."""

from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct

from storage.records.message import ChatMessage, Content, ToolResultContent, text_of
from storage.records.permission import PermissionRequest
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

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

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


def sum_of(first: Cost | None, second: Cost | None) -> Cost | None:
    """Both together; with an unknown part it is unknown."""
    if first is None or second is None:
        return None
    return Cost(usd=first.usd + second.usd, source=second.source)


class Failure(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What went wrong: a code in kebab case, and a sentence that says what to do next."""

    code: str
    message: str


class ToolCall(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`unknown`: it may or may not have happened, a crash came between.

    `only_reads`: known when it started, by hints that the workspace trusts. `digest`: of what its
    server said of the tool when the model was asked. `message_id`: of the message with its result.
    `stops`: why its request ends once the calls beside it are done. `progress`: how far a running
    one is, in its server's words; shown, never recorded.
    """

    tool_call_id: str
    name: str
    args: dict[str, Any]
    status: ToolCallStatus = "pending"
    only_reads: bool = False
    digest: str | None = None
    result: ToolResultContent | None = None
    message_id: str | None = None
    stops: Failure | None = None
    progress: str | None = None


class Summary(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a call of the model for a summary gave, and what it took.

    `message` is None if it gave none that can be used. If it came to its end all the same, `of` is
    the id of the first message that it was to stand for.
    """

    message: ChatMessage | None = None
    of: str | None = None
    usage: Usage
    cost: Cost | None = None


class Turn(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One call of the model. `raw_response` is the provider's own record without the content.

    `estimated`: the call was cut off, and `usage` is what it is thought to have taken. `summaries`
    were made so that it fits into the window; `left_out` says what its context lacks, and why.
    `max_tokens`: of the answer, where it is another limit than the session's. `waits_until`: the
    call failed, as `error` says, and is made again then.
    """

    number: int
    status: TurnStatus
    message_id: str | None = None
    content: tuple[Content, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    raw_response: dict[str, Any] | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    estimated: bool = False
    cost: Cost | None = None
    retries: int = 0
    max_tokens: int | None = None
    waits_until: UtcTime | None = None
    error: str | None = None
    summaries: tuple[Summary, ...] = ()
    left_out: tuple[str, ...] = ()
    started_at: UtcTime
    completed_at: UtcTime | None = None

    @property
    def text(self) -> str:
        return text_of(self.content)


class Round(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A request and its response. `id` is the response id; `cuts` counts crashes it survived.

    `n`: the number of the journal's line that ended it, which a look back or a fork can name.
    """

    id: str
    n: int | None = None
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
        return sum((usage for usage, _ in self.calls), Usage())

    @property
    def calls(self) -> tuple[tuple[Usage, Cost | None], ...]:
        """What each call of the model took, those for summaries among them."""
        counted = [(turn.usage, turn.cost) for turn in self.turns if turn.usage]
        summaries = [(made.usage, made.cost) for turn in self.turns for made in turn.summaries]
        return (*counted, *summaries)

    @property
    def is_open(self) -> bool:
        return self.status in {"queued", "running"}


class TurnGrew(Struct, frozen=True):
    """A signal: the turn as far as it has arrived; None as long as the request waits.

    `permissions`: the questions that it waits for. `warnings`: what whoever asked should know now.
    """

    session_id: str
    response_id: str
    turn: Turn | None
    permissions: tuple[PermissionRequest, ...] = ()
    warnings: tuple[str, ...] = ()


class History(Struct, frozen=True, gc=False, kw_only=True):
    """A session's rounds, oldest first; those being answered with what has arrived of them."""

    rounds: tuple[Round, ...]
