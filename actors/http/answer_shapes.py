"""What the data of each answer looks like, for the OpenAPI document. Nothing here is ever made."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, TypedDict

from actors.terminals.screen import Look
from storage.records.agent import AgentDefinition
from storage.records.budget import Amounts, Limit
from storage.records.conversation import Round
from storage.records.delivery import Delivery
from storage.records.diff import SessionDiff
from storage.records.message import ChatMessage
from storage.records.permission import PermissionRequest
from storage.records.process import UtcTime
from storage.records.prompt import Context
from storage.records.session import Session, SessionInfo
from storage.records.timer import Timer
from storage.records.worker import Activity, Worker
from storage.records.worktree_look import WorktreeLook
from storage.trash import TrashEntry


class Paged(TypedDict, total=False):
    """`next_cursor` where `limit` or `cursor` was given: null at the end."""

    next_cursor: str | None


class Sessions(Paged):
    sessions: list[SessionInfo]


class Deleted(TypedDict):
    deleted: bool


class Budgeted(TypedDict):
    """`share`: the part of `limit` that is spent, the one nearest to its end."""

    session_id: str
    title: str
    limits: dict[str, Any] | None
    limits_from: Literal["session", "workspace"] | None
    spent: Amounts
    own: Amounts
    reserved: Amounts
    used: "Used"
    limit: Limit | None
    share: float | None
    above: "list[Above]"


class Above(TypedDict):
    session_id: str
    title: str
    limits: dict[str, Any]
    limit: Limit | None
    share: float | None


class Used(TypedDict):
    tokens: int
    usd: Decimal | None


class Events(TypedDict):
    """`next`: the number to go on after; it is `end` when there is no more."""

    events: list[dict[str, Any]]
    next: int
    end: int


class Rounds(Paged):
    rounds: list[Round]


class Messages(Paged):
    messages: list[ChatMessage]


class Refreshed(TypedDict):
    refreshed: list[str]


class Responded(TypedDict, total=False):
    """At acceptance the `response_id` alone; with `wait` also what came of it."""

    response_id: str
    status: str
    text: str
    turns: list[Any]
    usage: dict[str, int]
    cost: Decimal | None
    worker: str
    delivery: Delivery
    warnings: list[str]


class PromptRecord(TypedDict):
    response_id: str
    worker: str
    delivery: Delivery


class Cancelled(TypedDict):
    response_id: str


class DueTimer(TypedDict):
    timer_id: str
    due: UtcTime


class Timers(Paged):
    timers: list[Timer]


class CancelledTimer(TypedDict):
    timer_id: str
    cancelled: bool


class Workers(Paged):
    workers: list[Worker]


class Accepted(TypedDict):
    accepted: int


class Size(TypedDict):
    cols: int
    rows: int


class Output(TypedDict):
    """Offsets in bytes within the epoch."""

    data: str
    start: int
    next: int
    end: int
    epoch: int
    epochs: list[int]


class ShownPermission(PermissionRequest, frozen=True, kw_only=True):
    """`shown_in`: the ids of its session, of the one that started it, and so on."""

    title: str
    shown_in: list[str]


class Permissions(Paged):
    permissions: list[ShownPermission]


class ShownAgent(AgentDefinition, frozen=True, kw_only=True):
    """`found`: its program, in the PATH that the daemon was started with."""

    own: bool
    activity: Literal["hook", "screen"]
    found: str | None


class Agents(TypedDict):
    agents: list[ShownAgent]


class Trash(Paged):
    sessions: list[TrashEntry]


class PurgedOne(TypedDict):
    id: str
    name: str
    workspace: str


class Purged(TypedDict):
    purged: list[PurgedOne]
    bytes: int


class Status(TypedDict):
    """As `greenroom status --json`; docs/protocol.md says more."""

    daemon: dict[str, Any]
    store: dict[str, Any]
    tree: dict[str, Any]
    sessions: list[dict[str, Any]]
    inbox: dict[str, Any]
    permissions: list[ShownPermission]
    http: dict[str, Any]
    keeper: dict[str, Any] | None
    terminal_host: dict[str, Any] | None


class Ended(TypedDict):
    ended: list[dict[str, Any]]
    left: list[dict[str, Any]]


_SESSION = (
    "create-session get-session update-session pause-session resume-session stop-session"
    " start-session restart-session archive-session unarchive-session restore-session fork-session"
    " add-message update-message update-token-metrics"
)
_WORKER = "create-worker get-worker update-worker restart-worker stop-worker start-worker"

SHAPES: Mapping[str, tuple[Any, ...]] = {
    **dict.fromkeys(_SESSION.split(), (Session,)),
    **dict.fromkeys(_WORKER.split(), (Worker,)),
    "list-sessions": (Sessions,),
    "delete-session": (Deleted,),
    "delete-worker": (Deleted,),
    "get-budget": (Budgeted,),
    "get-worktree": (WorktreeLook,),
    "get-diff": (SessionDiff,),
    "get-events": (Events,),
    "get-history": (Rounds,),
    "get-messages": (Messages,),
    "get-context": (Context,),
    "refresh-context": (Refreshed,),
    "request": (Responded,),
    "get-response": (Round, PromptRecord),
    "cancel": (Cancelled,),
    "set-timer": (DueTimer,),
    "list-timers": (Timers,),
    "cancel-timer": (CancelledTimer,),
    "list-workers": (Workers,),
    "write-input": (Accepted,),
    "resize-worker": (Size,),
    "get-output": (Output,),
    "get-screen": (Look,),
    "get-activity": (Activity,),
    "list-permissions": (Permissions,),
    "answer-permission": (PermissionRequest,),
    "list-agents": (Agents,),
    "list-trash": (Trash,),
    "purge-session": (Purged,),
    "get-status": (Status,),
    "cleanup-orphans": (Ended,),
}
"""By the type of the request; of several, one."""
