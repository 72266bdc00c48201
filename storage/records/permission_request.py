"""What can be asked of permission requests: which are open, and to answer one."""

from typing import Annotated, Literal

from msgspec import Meta

from storage.records.request_base import Reference, RequestBase


class ListPermissions(RequestBase, frozen=True, kw_only=True, tag="list-permissions"):
    """The open ones; with `session` those of it and of the sessions that it started."""

    session: Reference | None = None


class AnswerPermission(RequestBase, frozen=True, kw_only=True, tag="answer-permission"):
    """`permission` is a whole id. `remember`: the same is not asked again in this session."""

    permission: Annotated[str, Meta(min_length=1, max_length=200)]
    decision: Literal["allow", "deny"]
    remember: bool = False
