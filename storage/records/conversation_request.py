"""What can be asked of a conversation, and of its history and numbers."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from storage.records.message import ChatMessage, Content, Role, ToolCallContent
from storage.records.request_base import (
    Number,
    OfSession,
    Reference,
    RequestBase,
)


class Request(OfSession, frozen=True, kw_only=True, tag="request"):
    """A message to the session's model. `wait` false: the answer comes at acceptance."""

    content: Annotated[str, Meta(min_length=1)] | Annotated[tuple[Content, ...], Meta(min_length=1)]
    worker: Reference | None = None
    wait: bool = True


class Cancel(RequestBase, frozen=True, kw_only=True, tag="cancel"):
    response_id: str


class NewMessage(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A message to record; `id` and `created_at` are given to it when absent."""

    role: Role
    content: str | tuple[Content, ...]
    id: str | None = None
    created_at: Annotated[datetime, Meta(tz=True)] | None = None
    tool_call_id: str | None = None
    tool_calls: tuple[ToolCallContent, ...] | None = None
    metadata: dict[str, Any] | None = None


class StrictMessage(ChatMessage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message as it may be written by hand: nothing that messages do not have."""


class AddMessage(OfSession, frozen=True, kw_only=True, tag="add-message"):
    message: NewMessage


class UpdateMessage(OfSession, frozen=True, kw_only=True, tag="update-message"):
    message_id: str
    updates: dict[str, Any]


class GetMessages(OfSession, frozen=True, kw_only=True, tag="get-messages"):
    pass


class UpdateTokenMetrics(OfSession, frozen=True, kw_only=True, tag="update-token-metrics"):
    prompt_tokens: Annotated[int, Meta(ge=0)] = 0
    completion_tokens: Annotated[int, Meta(ge=0)] = 0


class GetHistory(OfSession, frozen=True, kw_only=True, tag="get-history"):
    """The rounds: requests with their turns. `at`: as in `get-session`."""

    at: Number | None = None


class GetContext(OfSession, frozen=True, kw_only=True, tag="get-context"):
    """What the next call of the model would be sent."""


class RefreshContext(OfSession, frozen=True, kw_only=True, tag="refresh-context"):
    """Call the tools of the dynamic context anew for the next request."""


class GetResponse(RequestBase, frozen=True, kw_only=True, tag="get-response"):
    response_id: str
