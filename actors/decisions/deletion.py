"""PURE: how a session goes, and its worktree with it, when that loses nothing.

What the worktree holds was looked at before; the intent is recorded, the workers end, and once
nothing runs any more the worktree is removed. Only when it is known what became of that is the
session deleted; a worktree that is not safe by then takes the deletion back.
"""

from datetime import datetime
from typing import Any

from actors.decisions.decision import DISPOSAL, Decision, Draft, Given
from actors.decisions.worktrees import safety
from actors.decisions.worktrees.safety import Seen
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage import codec
from storage.records import event as e
from storage.records import request as r
from storage.records.removal import Removal
from storage.records.session import Session, WorktreeSession
from storage.records.worker import ProcessWorker
from storage.state import SessionState

RECOVERY = "refs/greenroom/recovery"
NOT_LOOKED = Seen(problem="nobody looked; do it again")


def removes(session: Session, command: r.DeleteSession) -> bool:
    """Whether its worktree is to go too, so that somebody must look at it first."""
    return isinstance(session, WorktreeSession) and not command.keep_worktree


def begin(draft: Draft, command: r.DeleteSession) -> r.Refusal | None:
    """Records the intent; or says why nothing is done."""
    session = draft.state.record
    if not isinstance(session, WorktreeSession):
        draft.add(e.SessionDeleting())
        return None
    if command.keep_worktree:
        draft.add(e.SessionDeleting(), e.WorktreeKept("it was asked for"))
        return None
    seen = draft.given.worktree or NOT_LOOKED
    if seen.absent is not None:
        draft.add(e.SessionDeleting(), e.WorktreeKept(seen.absent))
        return None
    found = safety.reasons(seen)
    refusal = safety.refusal(session.worktree_path, found, force=command.force)
    if refusal is None:
        draft.add(e.SessionDeleting(_intent(session, command, draft.given.now, seen)))
    return refusal


def _intent(session: Session, command: r.DeleteSession, now: datetime, seen: Seen) -> Removal:
    name = now.strftime("%Y%m%dT%H%M%S%fZ")
    return Removal(
        ref=f"{RECOVERY}/{session.id}/{name}",
        repository=seen.repository,
        force=command.force,
        delete_branch=command.delete_branch,
    )


def has_process(state: SessionState) -> bool:
    return any(
        isinstance(worker, ProcessWorker) and worker.status in {"running", "starting"}
        for worker in state.record.workers
    )


def finish(draft: Draft) -> None:
    """Once nothing runs any more, the worktree is removed; once that is settled, it is deleted."""
    state = draft.state
    if not state.deleting or state.deleted or has_process(state):
        return
    if state.removal is not None and state.removed is None and state.kept is None:
        draft.want(f.RemoveWorktree(state.removal))
    else:
        draft.add(e.SessionDeleted())
        draft.want(f.DisposeSession())


def worktree_removed(state: SessionState, outcome: o.WorktreeRemoved, given: Given) -> Decision:
    return _settled(state, given, e.WorktreeRemoved(outcome.worktree))


def worktree_kept(state: SessionState, outcome: o.WorktreeKept, given: Given) -> Decision:
    return _settled(state, given, e.WorktreeKept(outcome.why))


def _settled(state: SessionState, given: Given, event: e.Event) -> Decision:
    """What is told a second time, by a removal that a crash cut off, is told already."""
    draft = Draft(state, given)
    if state.deleting and not state.deleted and state.removed is None and state.kept is None:
        draft.add(event)
        finish(draft)
    return draft.decision()


def removal_refused(state: SessionState, outcome: o.RemovalRefused, given: Given) -> Decision:
    """The session stays, stopped; whoever asked is told why."""
    draft = Draft(state, given)
    if state.deleting and not state.deleted and state.removed is None and state.kept is None:
        draft.add(e.SessionDeleteRefused(outcome.message, outcome.reasons))
        data = {"reasons": list(outcome.reasons)} if outcome.reasons else None
        draft.resolved[DISPOSAL] = r.Refusal(
            code="worktree-not-safe", message=outcome.message, data=data
        )
    return draft.decision()


def without_journal(session: Session | None) -> dict[str, Any]:
    """The same of a session in whose journal nothing can be written."""
    why = "its session was quarantined, so that its removal could not be recorded"
    return answer(SessionState(session=session, kept=why))


def taken_back(session_id: str) -> r.Refusal:
    """To the same request again, when a crash came before anybody saw why it was refused."""
    text = f"the worktree was not safe to remove, so session {session_id} stays; delete it anew"
    return r.Refusal(code="worktree-not-safe", message=text)


def answer(state: SessionState) -> dict[str, Any]:
    """What whoever deleted the session is told, of its worktree too."""
    told: dict[str, Any] = {"deleted": True}
    if state.removed is not None:
        told["worktree"] = {"removed": True, **codec.builtins(state.removed)}
    elif state.kept is not None and isinstance(state.session, WorktreeSession):
        path = state.session.worktree_path
        told["worktree"] = {"removed": False, "path": path, "why": state.kept}
    return told
