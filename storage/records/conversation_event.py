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


class RequestQueued(Struct, frozen=True, gc=False, tag="request-queued"):
    """A request was accepted. Its message joins the history when its first turn starts.

    `request_id`: of a request that may be handed in again after a crash, None of any other.
    """

    response_id: str
    message: ChatMessage
    request_id: str | None = None


class TurnStarted(Struct, frozen=True, gc=False, tag="turn-started"):
    response_id: str
    number: int
    model: str


class TurnRetried(Struct, frozen=True, gc=False, tag="turn-retried"):
    """The call failed in a way that may pass; it is asked again after `delay_seconds`."""

    response_id: str
    number: int
    attempt: int
    error: str
    delay_seconds: float


class TurnBlockCompleted(Struct, frozen=True, gc=False, tag="turn-block-completed"):
    response_id: str
    number: int
    block: Content


class TurnCompleted(Struct, frozen=True, gc=False, kw_only=True, tag="turn-completed"):
    """`message_id`: the assistant message of the same line. A turn that did not come whole has
    none, but what arrived of it as `content`.
    """

    response_id: str
    number: int
    status: TurnStatus
    message_id: str | None = None
    content: tuple[Content, ...] = ()
    stop_reason: str | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    raw_response: dict[str, Any] | None = None
    error: str | None = None


class ToolCallStarted(Struct, frozen=True, gc=False, tag="tool-call-started"):
    """The intent: from here on the call may have had its effect."""

    response_id: str
    tool_call_id: str
    only_reads: bool = False


class ToolCallCompleted(Struct, frozen=True, gc=False, kw_only=True, tag="tool-call-completed"):
    """`message_id`: the tool message of the same line, which holds the result."""

    response_id: str
    tool_call_id: str
    status: ToolCallStatus
    message_id: str


class RequestCompleted(Struct, frozen=True, gc=False, tag="request-completed"):
    response_id: str
    status: RoundStatus
    failure: Failure | None = None
