"""What happened to permission requests."""

from msgspec import Struct

from storage.records.permission import PermissionEnd, PermissionRequest


class PermissionRequested(Struct, frozen=True, gc=False, tag="permission-requested"):
    permission: PermissionRequest


class PermissionHeld(Struct, frozen=True, gc=False, tag="permission-held"):
    """The session's actor ends while it is open: its time stands still with so much left."""

    permission_id: str
    seconds_left: float


class PermissionAnswered(Struct, frozen=True, gc=False, tag="permission-answered"):
    """`answered_by`: the front it came by; None when the time ran out."""

    permission_id: str
    state: PermissionEnd
    answered_by: str | None = None
    remember: bool = False
