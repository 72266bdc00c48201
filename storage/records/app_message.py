"""What a client of the app's WebSocket and greenroom say to each other, each as one JSON text.

The sessions are records as `list-sessions` has them. The page `docs/websocket.md` says what follows
from what.
"""

from typing import Any, Literal

from msgspec import Struct

from storage.records.permission import PermissionEnd, PermissionRequest
from storage.records.session import SessionInfo
from storage.records.worker import Activity, Worker
from storage.records.worker_message import ErrorMessage

# ---- from the client


class RequestSyncMessage(
    Struct, frozen=True, kw_only=True, tag="request-sync", forbid_unknown_fields=True
):
    """Tell everything as it is now."""


AppClientMessage = RequestSyncMessage

# ---- from greenroom


class QuarantinedSession(Struct, frozen=True, kw_only=True):
    """Nothing can be done in it, but what ends it."""

    session_id: str
    reason: str


class StoreState(Struct, frozen=True, kw_only=True):
    """`degraded` while changes are refused, or `sessions.json` cannot be written; `problems` say
    why. `quarantined` by id.
    """

    state: Literal["ok", "degraded"]
    problems: tuple[str, ...] = ()
    quarantined: tuple[QuarantinedSession, ...] = ()


class SessionsSyncMessage(Struct, frozen=True, kw_only=True, tag="sessions-sync"):
    """All there is: what was said before it is of no use any more. `permissions` are those that
    wait, as `list-permissions` has them.
    """

    sessions: tuple[SessionInfo, ...]
    permissions: tuple[dict[str, Any], ...]
    store: StoreState


class SessionCreatedMessage(Struct, frozen=True, kw_only=True, tag="session-created"):
    """It is new, or came back from the trash."""

    session: SessionInfo


class SessionUpdatedMessage(Struct, frozen=True, kw_only=True, tag="session-updated"):
    session: SessionInfo


class SessionPausedMessage(Struct, frozen=True, kw_only=True, tag="session-paused"):
    session: SessionInfo


class SessionResumedMessage(Struct, frozen=True, kw_only=True, tag="session-resumed"):
    """It was paused, and is not any more."""

    session: SessionInfo


class SessionDeletedMessage(Struct, frozen=True, kw_only=True, tag="session-deleted"):
    session_id: str


class WorkerActivityMessage(Struct, frozen=True, kw_only=True, tag="worker-activity"):
    """What it does since `activity.since`; null once it runs no more."""

    session_id: str
    worker_id: str
    activity: Activity | None


class WorkerRestartedMessage(Struct, frozen=True, kw_only=True, tag="worker-restarted"):
    """It runs, and did so before: by its policy or because somebody asked for it."""

    session_id: str
    worker: Worker


class PermissionRequestedMessage(Struct, frozen=True, kw_only=True, tag="permission-requested"):
    session_id: str
    permission: PermissionRequest


class PermissionAnsweredMessage(Struct, frozen=True, kw_only=True, tag="permission-answered"):
    """`answered_by`: the front it came by; null when its time ran out."""

    session_id: str
    permission_id: str
    state: PermissionEnd
    answered_by: str | None


class StoreChangedMessage(Struct, frozen=True, kw_only=True, tag="store-changed"):
    """Changes are refused or taken again, or another set of sessions is quarantined; of each of
    these, where it is listed, a `session-updated` tells too.
    """

    store: StoreState


AppServerMessage = (
    SessionsSyncMessage
    | StoreChangedMessage
    | SessionCreatedMessage
    | SessionUpdatedMessage
    | SessionPausedMessage
    | SessionResumedMessage
    | SessionDeletedMessage
    | WorkerActivityMessage
    | WorkerRestartedMessage
    | PermissionRequestedMessage
    | PermissionAnsweredMessage
    | ErrorMessage
)
