"""What happened to a request to a model, its turns and its tool calls."""

from typing import Any

from msgspec import Struct

from storage.records.conversation import (
    Cost,
    Failure,
    RoundStatus,
    ToolCallStatus,
    TurnStatus,
    Usage,
)
from storage.records.message import ChatMessage, Content
from storage.records.process import UtcTime


class RequestQueued(Struct, frozen=True, gc=False, tag="request-queued"):
    """A request was accepted. Its message joins the history when its first turn starts.

    `request_id`: of a request that may be handed in again after a crash, None of any other.
    """

    response_id: str
    message: ChatMessage
    request_id: str | None = None


class TurnStarted(Struct, frozen=True, gc=False, tag="turn-started"):
    """`max_tokens`: of the answer, where it is another limit than the session's."""

    response_id: str
    number: int
    model: str
    max_tokens: int | None = None


class TurnRetried(Struct, frozen=True, gc=False, tag="turn-retried"):
    """The call failed in a way that may pass; it is asked again after `delay_seconds`.

    `usage`, an estimate, and `cost` are of what had come of it.
    """

    response_id: str
    number: int
    attempt: int
    error: str
    delay_seconds: float
    usage: Usage | None = None
    cost: Cost | None = None


class UsageLimitReached(Struct, frozen=True, gc=False, tag="usage-limit-reached"):
    """The provider takes no calls before `until`; then the turn is asked again."""

    response_id: str
    number: int
    error: str
    until: UtcTime


class TurnBlockCompleted(Struct, frozen=True, gc=False, tag="turn-block-completed"):
    response_id: str
    number: int
    block: Content


class TurnCompleted(Struct, frozen=True, gc=False, kw_only=True, tag="turn-completed"):
    """`message_id`: the assistant message of the same line. A turn that did not come whole has
    none, but what arrived of it as `content`; what that took is `estimated`. `digests`: of the
    tools that it calls, by name, what their servers said of them when the model was asked.
    """

    response_id: str
    number: int
    status: TurnStatus
    message_id: str | None = None
    content: tuple[Content, ...] = ()
    stop_reason: str | None = None
    usage: Usage | None = None
    estimated: bool = False
    cost: Cost | None = None
    raw_response: dict[str, Any] | None = None
    error: str | None = None
    digests: dict[str, str] = {}


class HistorySummarized(Struct, frozen=True, gc=False, kw_only=True, tag="history-summarized"):
    """So that the turn fits into the window. `message_id`: the summary, a message of the same
    line, which names those that it stands for.
    """

    response_id: str
    number: int
    message_id: str
    usage: Usage
    cost: Cost | None = None


class ContextPartFailed(Struct, frozen=True, gc=False, tag="context-part-failed"):
    """The turn was asked without it: a `summary`, or a `dynamic context` and its id.

    `usage` and `cost` are of a summary that failed and took something all the same. `of`: the first
    of the messages that it was to stand for, if the model's answer came whole and was of no use.
    """

    response_id: str
    number: int
    part: str
    message: str
    usage: Usage | None = None
    cost: Cost | None = None
    of: str | None = None


class ToolCallStarted(Struct, frozen=True, gc=False, tag="tool-call-started"):
    """The intent: from here on the call may have had its effect."""

    response_id: str
    tool_call_id: str
    only_reads: bool = False


class ToolCallCompleted(Struct, frozen=True, gc=False, kw_only=True, tag="tool-call-completed"):
    """`message_id`: the tool message of the same line, which holds the result. `stops`: why the
    request ends once the calls beside it are done.
    """

    response_id: str
    tool_call_id: str
    status: ToolCallStatus
    message_id: str
    stops: Failure | None = None


class RequestCompleted(Struct, frozen=True, gc=False, tag="request-completed"):
    response_id: str
    status: RoundStatus
    failure: Failure | None = None
