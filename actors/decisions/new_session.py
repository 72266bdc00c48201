"""PURE: the record of a session that is asked for, and the worker that sets up its worktree.

A worktree is made before its session is decided; a session is decided without one only to know
whether it could be (`made` is None): such a decision is never recorded.
"""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from actors.decisions import new_workers
from actors.decisions.decision import Given
from storage.records import request as r
from storage.records.session import QuickSession, Session, WorktreeSession
from storage.records.worker import TerminalWorker, Worker
from storage.records.worktree import MadeWorktree
from storage.state import SessionState

SETUP_WORKER = "setup"
_OF_WORKTREES = ("repository", "branch", "base", "run_setup")


def refusal(command: r.CreateSession) -> r.Refusal | None:
    """Why the fields do not go together, or None."""
    if command.session_type == "quick":
        for field in _OF_WORKTREES:
            if getattr(command, field):
                text = f"{field} is for a worktree session; say session_type: worktree, or leave it"
                return _bad(f"{text} out", f"$.{field}")
        return None if command.location_path else _missing("location_path", "the directory to work")
    if command.location_path is not None:
        text = "a worktree session works in its worktree; leave out location_path"
        return _bad(text, "$.location_path")
    return None if command.repository else _missing("repository", "a directory of the repository")


def _missing(field: str, what: str) -> r.Refusal:
    place = " in" if field == "location_path" else ""
    return _bad(f"{field} is missing: name {what}{place}", f"$.{field}")


def _bad(text: str, path: str) -> r.Refusal:
    return r.Refusal(code="bad-request", message=text, path=path)


def record(
    command: r.CreateSession, session_id: str, given: Given, made: MadeWorktree | None, **more: Any
) -> Session:
    """`more`: fields that both types have."""
    common: dict[str, Any] = {
        "id": session_id,
        "workspace": command.workspace or "default",
        "metadata": command.metadata or {},
        "parent_session_id": command.parent,
        "created_at": given.now,
        "updated_at": given.now,
        **more,
    }
    if command.session_type == "quick":
        location = command.location_path or ""
        title = command.title or title_of(location)
        return QuickSession(**common, title=title, location_path=location)
    if made is None:
        repository = command.repository or ""
        title = command.title or command.branch or title_of(repository)
        common |= {"location_path": repository, "worktree_path": repository}
        return WorktreeSession(**common, title=title[:200], repository=repository)
    return _worktree(command, common, made)


def _worktree(
    command: r.CreateSession, common: dict[str, Any], made: MadeWorktree
) -> WorktreeSession:
    plan = made.plan
    return WorktreeSession(
        **common,
        title=command.title or plan.branch[:200],
        location_path=plan.worktree_path,
        worktree_path=plan.worktree_path,
        repository=plan.repository,
        branch=plan.branch,
        base_commit=plan.base_commit,
        base_branch=plan.base_branch,
        made_branch=plan.makes_branch,
        number=plan.number,
        set_up=made.set_up,
    )


def title_of(path: str) -> str:
    name = path.rstrip("/").rpartition("/")[2] or "/"
    return name[:200]


def setup_worker(state: SessionState, made: MadeWorktree | None, given: Given) -> Worker | None:
    """What runs the set-up command: at once where it is trusted, else when a person says so."""
    set_up = made.set_up if made else None
    if set_up is None or set_up.command is None:
        return None
    wanted = r.CreateWorkerRequest(
        type="terminal",
        name=_free_name(state.record.workers),
        command=set_up.command,
        restart="never",
        desired="run" if set_up.trusted else "stopped",
    )
    worker = new_workers.new_worker(state, wanted, given)
    assert isinstance(worker, TerminalWorker)
    return worker


def with_waiting_setup(fork: Session, worker_id: str, now: datetime) -> Session:
    """A fork with a worker for its set-up command, which waits until a person says so."""
    set_up = fork.set_up if isinstance(fork, WorktreeSession) else None
    if set_up is None or set_up.command is None:
        return fork
    worker = TerminalWorker(
        id=worker_id,
        name=_free_name(fork.workers),
        status="stopped",
        restart="never",
        desired="stopped",
        command=set_up.command,
        created_at=now,
    )
    return replace(fork, workers=(*fork.workers, worker))


def _free_name(workers: tuple[Worker, ...]) -> str:
    name, number = SETUP_WORKER, 1
    while any(worker.name == name for worker in workers):
        number += 1
        name = f"{SETUP_WORKER}-{number}"
    return name
