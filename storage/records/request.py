"""What can be asked of greenroom, from every front, and how it answers.

The `type` of a request is its command in kebab case. `session` is an exact id, else a unique prefix
of one, else a title; `worker` an exact id, else a name, else a unique prefix of an id (what is
typed must not reach another worker because its id happens to begin so). Unknown fields are refused.
"""

from typing import Annotated, Any, get_args

from msgspec import Meta, Struct

from storage.records.config import StrictBudget
from storage.records.conversation_request import (
    AddMessage,
    Cancel,
    GetContext,
    GetHistory,
    GetMessages,
    GetResponse,
    NewMessage,
    RefreshContext,
    Request,
    StrictMessage,
    UpdateMessage,
    UpdateTokenMetrics,
)
from storage.records.permission_request import AnswerPermission, ListPermissions
from storage.records.request_base import (
    Desired,
    OfSession,
    OfWorker,
    Reference,
    RequestBase,
    RequestId,
    Title,
    WorkerName,
)
from storage.records.session_request import (
    ArchiveSession,
    CreateSession,
    CreateSessionRequest,
    DeleteSession,
    ForkSession,
    GetBudget,
    GetDiff,
    GetEvents,
    GetSession,
    GetWorktree,
    ImportSession,
    ListSessions,
    ListTrash,
    PauseSession,
    PurgeSession,
    RestartSession,
    RestoreSession,
    ResumeSession,
    StartSession,
    StopSession,
    StrictConfig,
    UnarchiveSession,
    UpdateSession,
)
from storage.records.timer_request import CancelTimer, ListTimers, SetTimer
from storage.records.worker_request import (
    CreateWorker,
    CreateWorkerRequest,
    DeleteWorker,
    GetActivity,
    GetOutput,
    GetScreen,
    GetWorker,
    ListWorkers,
    ResizeWorker,
    RestartWorker,
    StartWorker,
    StopWorker,
    UpdateWorker,
    WorkerUpdates,
    WriteInput,
)


class ListAgents(RequestBase, frozen=True, kw_only=True, tag="list-agents"):
    """Those of `workspace`, and where the PATH of whoever ran `start` has their programs."""

    workspace: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class GetStatus(RequestBase, frozen=True, kw_only=True, tag="get-status"):
    pass


class CleanupOrphans(RequestBase, frozen=True, kw_only=True, tag="cleanup-orphans"):
    pass


SessionCommand = (
    UpdateSession
    | DeleteSession
    | PauseSession
    | ResumeSession
    | StopSession
    | StartSession
    | RestartSession
    | ArchiveSession
    | UnarchiveSession
    | CreateWorker
    | DeleteWorker
    | RestartWorker
    | StopWorker
    | StartWorker
    | UpdateWorker
    | WriteInput
    | ResizeWorker
    | GetActivity
    | Request
    | AddMessage
    | UpdateMessage
    | GetMessages
    | GetHistory
    | GetContext
    | RefreshContext
    | UpdateTokenMetrics
    | SetTimer
    | CancelTimer
)
"""Handled by the session's own actor."""

AnyRequest = (
    SessionCommand
    | CreateSession
    | GetSession
    | GetBudget
    | GetEvents
    | GetWorktree
    | GetDiff
    | ListSessions
    | GetWorker
    | ListWorkers
    | GetOutput
    | GetScreen
    | Cancel
    | GetResponse
    | ListPermissions
    | ListTimers
    | AnswerPermission
    | ListTrash
    | RestoreSession
    | PurgeSession
    | ImportSession
    | ForkSession
    | ListAgents
    | GetStatus
    | CleanupOrphans
)


class Refusal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An expected no: a code in kebab case, and what to do next."""

    code: str
    message: str
    path: str | None = None
    data: dict[str, Any] | None = None


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to a request: `data` when it went well, else `error`.

    `not_durable`: it is done, and will be on the disk as soon as that takes changes again.
    """

    id: str | None
    type: str
    ok: bool
    data: Any = None
    error: Refusal | None = None
    not_durable: bool = False


REQUEST_TYPES: tuple[type[RequestBase], ...] = get_args(AnyRequest)


def type_of(request: RequestBase) -> str:
    """Its command in kebab case."""
    return type_of_class(type(request))


def type_of_class(kind: type[RequestBase]) -> str:
    return str(kind.__struct_config__.tag)
