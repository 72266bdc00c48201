"""What can be asked of greenroom, from every front, and how it answers.

The `type` of a request is its command in kebab case. `session` is an exact id, else a unique prefix
of one, else a title; `worker` an exact id, else a name, else a unique prefix of an id (what is
typed must not reach another worker because its id happens to begin so). Unknown fields are refused.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct

from storage.records.config import Budget, SessionConfig
from storage.records.message import ChatMessage, Content, Role, ToolCallContent
from storage.records.worker import WorkerDesired, WorkerRestart

RequestId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
WorkerName = Annotated[str, Meta(pattern=r"^\w[\w .-]{0,99}$")]
Size = Annotated[int, Meta(ge=1, le=1000)]
Desired = Literal["run", "paused", "stopped"]
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


class CreateWorkerRequest(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What to start. `command` is an argument list, run without a shell.

    `desired` "stopped": it is only put there, and started when it is asked to. `prompt`: the first
    one of an agent, given to it once.
    """

    type: Literal["conversation", "agent", "terminal"]
    name: WorkerName | None = None
    agent: str | None = None
    prompt: str | None = None
    command: Annotated[tuple[str, ...], Meta(min_length=1)] | None = None
    restart: WorkerRestart | None = None
    env: dict[str, str] | None = None
    cols: Size = 80
    rows: Size = 24
    desired: WorkerDesired | None = None


class StrictBudget(Budget, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A budget as it may be asked for: nothing that budgets do not have."""


class StrictConfig(SessionConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A config as it may be asked for: nothing that configs do not have."""

    budget: StrictBudget | None = None


class CreateSession(RequestBase, frozen=True, kw_only=True, tag="create-session"):
    session_type: Literal["quick", "worktree"] = "quick"
    location_path: str | None = None
    title: Title | None = None
    config: StrictConfig | None = None
    worker: CreateWorkerRequest | None = None
    prompt: str | None = None
    workspace: str | None = None
    metadata: dict[str, Any] | None = None
    repository: str | None = None
    branch: str | None = None
    base: str | None = None


CreateSessionRequest = CreateSession


class GetSession(OfSession, frozen=True, kw_only=True, tag="get-session"):
    pass


class ListSessions(RequestBase, frozen=True, kw_only=True, tag="list-sessions"):
    pass


class UpdateSession(OfSession, frozen=True, kw_only=True, tag="update-session"):
    updates: dict[str, Any]


class DeleteSession(OfSession, frozen=True, kw_only=True, tag="delete-session"):
    pass


class PauseSession(OfSession, frozen=True, kw_only=True, tag="pause-session"):
    pass


class ResumeSession(OfSession, frozen=True, kw_only=True, tag="resume-session"):
    pass


class StopSession(OfSession, frozen=True, kw_only=True, tag="stop-session"):
    pass


class StartSession(OfSession, frozen=True, kw_only=True, tag="start-session"):
    pass


class RestartSession(OfSession, frozen=True, kw_only=True, tag="restart-session"):
    pass


class ArchiveSession(OfSession, frozen=True, kw_only=True, tag="archive-session"):
    pass


class UnarchiveSession(OfSession, frozen=True, kw_only=True, tag="unarchive-session"):
    pass


class CreateWorker(OfSession, frozen=True, kw_only=True, tag="create-worker"):
    worker: CreateWorkerRequest


class GetWorker(OfWorker, frozen=True, kw_only=True, tag="get-worker"):
    pass


class ListWorkers(OfSession, frozen=True, kw_only=True, tag="list-workers"):
    pass


class DeleteWorker(OfWorker, frozen=True, kw_only=True, tag="delete-worker"):
    pass


class RestartWorker(OfWorker, frozen=True, kw_only=True, tag="restart-worker"):
    pass


class StopWorker(OfWorker, frozen=True, kw_only=True, tag="stop-worker"):
    pass


class StartWorker(OfWorker, frozen=True, kw_only=True, tag="start-worker"):
    pass


class WorkerUpdates(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What of a worker can be set; what is absent stays as it is."""

    name: WorkerName | None = None
    desired: WorkerDesired | None = None
    restart: WorkerRestart | None = None


class UpdateWorker(OfWorker, frozen=True, kw_only=True, tag="update-worker"):
    """`desired` starts or stops it, as `start-worker` and `stop-worker` do."""

    updates: WorkerUpdates


class WriteInput(OfWorker, frozen=True, kw_only=True, tag="write-input"):
    """`data` is typed as it stands; a carriage return submits a line.

    While a person types there, it waits for up to `wait_seconds`, then it is `input-held`.
    """

    data: Annotated[str, Meta(min_length=1)]
    wait_seconds: Annotated[float, Meta(ge=0, le=3600)] = 0


class ResizeWorker(OfWorker, frozen=True, kw_only=True, tag="resize-worker"):
    cols: Size
    rows: Size


class GetOutput(OfWorker, frozen=True, kw_only=True, tag="get-output", rename={"from_": "from"}):
    """`from` is a byte offset of the epoch; negative counts from its end.

    `before`, `lines`: instead of it, what ends at that offset (absent: at the end), of that at most
    so many lines. The answer's `start` is the next `before`, to read backwards by pages.
    """

    from_: int = 0
    epoch: Annotated[int, Meta(ge=0)] | None = None
    before: Annotated[int, Meta(ge=0)] | None = None
    lines: Annotated[int, Meta(ge=1)] | None = None


class GetScreen(OfWorker, frozen=True, kw_only=True, tag="get-screen"):
    """What its terminal shows now, or showed last."""


class GetActivity(OfWorker, frozen=True, kw_only=True, tag="get-activity"):
    pass


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
    """The rounds: requests with their turns."""


class GetResponse(RequestBase, frozen=True, kw_only=True, tag="get-response"):
    response_id: str


class ListTrash(RequestBase, frozen=True, kw_only=True, tag="list-trash"):
    pass


class RestoreSession(RequestBase, frozen=True, kw_only=True, tag="restore-session"):
    """`session` is one in the trash: its name there, an id, the beginning of one, or a title."""

    session: Reference


class PurgeSession(RequestBase, frozen=True, kw_only=True, tag="purge-session"):
    """Removes from the trash for good: one session, those deleted so long ago, or `all`."""

    session: Reference | None = None
    older_than_days: Annotated[float, Meta(ge=0, le=36500)] | None = None
    all: bool = False


class ImportSession(RequestBase, frozen=True, kw_only=True, tag="import-session"):
    """`path`: a file that `greenroom export` wrote; `workspace`: else the one it came from."""

    path: Annotated[str, Meta(min_length=1, max_length=4096)]
    workspace: str | None = None


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
    | UpdateTokenMetrics
)
"""Handled by the session's own actor."""

AnyRequest = (
    SessionCommand
    | CreateSession
    | GetSession
    | ListSessions
    | GetWorker
    | ListWorkers
    | GetOutput
    | GetScreen
    | Cancel
    | GetResponse
    | ListTrash
    | RestoreSession
    | PurgeSession
    | ImportSession
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
