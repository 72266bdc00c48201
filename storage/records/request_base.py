"""What every request has, and the forms of what they name."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

RequestId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
WorkerName = Annotated[str, Meta(pattern=r"^\w[\w .-]{0,99}$")]
Size = Annotated[int, Meta(ge=1, le=1000)]
Desired = Literal["run", "paused", "stopped"]
Number = Annotated[int, Meta(ge=1, le=2**53)]
"""Of a line of a session's journal."""
Reference = Annotated[str, Meta(min_length=1, max_length=200)]


class RequestBase(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
):
    id: RequestId | None = None


class OfSession(RequestBase, frozen=True, kw_only=True):
    session: Reference


class OfWorker(OfSession, frozen=True, kw_only=True):
    worker: Reference
