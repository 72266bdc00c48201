"""A piece of work in one directory, with the workers that do it."""

from typing import Any, Literal

from msgspec import Struct

from storage.records.budget import Spending
from storage.records.config import SessionConfig, TokenMetrics
from storage.records.permission import PermissionRequest
from storage.records.process import UtcTime
from storage.records.timer import Timer
from storage.records.worker import SessionActivity, Worker
from storage.records.worktree import SetUp
from storage.records.worktree_look import Location, WorktreeLook

SessionStatus = Literal["active", "inactive", "paused", "archived"]
ShownStatus = Literal[SessionStatus, "quarantined"]
SessionDesired = Literal["run", "paused", "stopped"]


class ForkedFrom(Struct, frozen=True, gc=False, kw_only=True):
    """Where a fork comes from: the session, and the last number of its journal that both have.

    `tree_n`: the number whose kept tree its worktree was made from, `n` + 1 for the files as they
    were when it was forked, or as the other one began, being a fork itself; None if from none.
    `files`: that they were taken when it was forked; `mid-round` while a round was under way.
    """

    session_id: str
    n: int
    tree_n: int | None = None
    files: Literal["now", "mid-round"] | None = None


class SessionBase(Struct, frozen=True, gc=False, kw_only=True, tag_field="type"):
    """`status` is derived from `desired`, `archived` and the workers whenever one of them changes.

    `config` is None as long as nothing is set in it and there is no conversation. `open_requests`
    counts requests that are queued or running. `permissions` are the open permission requests,
    `timers` those that have not fired, the next one first. `parent_session_id` is that of the
    session which started it, `ancestors` that one, the one which started it, and so on. `spending`
    is None until a budget is first counted.
    """

    id: str
    title: str
    location_path: str
    workspace: str = "default"
    status: SessionStatus = "active"
    desired: SessionDesired = "run"
    archived: bool = False
    config: SessionConfig | None = None
    metrics: TokenMetrics = TokenMetrics()
    workers: tuple[Worker, ...] = ()
    parent_session_id: str | None = None
    ancestors: tuple[str, ...] = ()
    message_count: int = 0
    open_requests: int = 0
    permissions: tuple[PermissionRequest, ...] = ()
    timers: tuple[Timer, ...] = ()
    spending: Spending | None = None
    forked_from: ForkedFrom | None = None
    created_at: UtcTime
    updated_at: UtcTime
    metadata: dict[str, Any] = {}

    def worker(self, worker_id: str) -> Worker | None:
        return next((worker for worker in self.workers if worker.id == worker_id), None)


class QuickSession(SessionBase, frozen=True, kw_only=True, tag="quick"):
    """Work in any directory, which is left alone when the session goes."""


class WorktreeSession(SessionBase, frozen=True, kw_only=True, tag="worktree"):
    """Work in a git worktree of its own, on a branch of its own.

    `branch`, `base_commit` and `number` are None in one taken over from a file that did not name
    them. `base_branch` is the branch that `base_commit` was on, `made_branch` whether `branch` came
    to be with the session, `number` the lowest that no other of its repository had. `set_up` is
    None where nothing says how a new worktree is set up.
    """

    repository: str
    worktree_path: str
    branch: str | None = None
    base_commit: str | None = None
    base_branch: str | None = None
    made_branch: bool = False
    number: int | None = None
    set_up: SetUp | None = None


Session = WorktreeSession | QuickSession


class SessionInfo(Struct, frozen=True, gc=False, kw_only=True):
    """A session in a listing; provider and model are None without a conversation.

    `status` is `quarantined` while nothing can be done in it. `activity` is None where nothing
    runs, or where nobody watches. `location` and `worktree` say how its directory was last seen;
    they are None where nobody looks, and `worktree` where it is none.
    """

    id: str
    title: str
    type: Literal["quick", "worktree"]
    status: ShownStatus
    provider: str | None
    model: str | None
    created_at: UtcTime
    updated_at: UtcTime
    message_count: int
    worker_count: int
    is_active: bool
    activity: SessionActivity | None = None
    forked_from: ForkedFrom | None = None
    location: Location | None = None
    worktree: WorktreeLook | None = None


def session_info(
    session: Session, activity: SessionActivity | None = None, *, is_quarantined: bool = False
) -> SessionInfo:
    config = session.config or SessionConfig()
    return SessionInfo(
        id=session.id,
        title=session.title,
        type="worktree" if isinstance(session, WorktreeSession) else "quick",
        status="quarantined" if is_quarantined else session.status,
        provider=config.provider,
        model=config.model,
        created_at=session.created_at,
        updated_at=session.updated_at,
        message_count=session.message_count,
        worker_count=len(session.workers),
        is_active=session.status == "active" and not is_quarantined,
        activity=None if is_quarantined else activity,
        forked_from=session.forked_from,
    )
