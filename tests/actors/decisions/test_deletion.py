"""How a session goes with its worktree: the intent, the removal, and what takes it back."""

from typing import Any

import pytest
from msgspec.structs import replace

from actors.decisions import again, deletion, session, table
from actors.decisions.decision import DISPOSAL, Decision, Given
from actors.decisions.worktrees.safety import Seen
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage import fold
from storage.records import event as e
from storage.records import request as r
from storage.records.removal import RemovedWorktree, UnsafeReason
from storage.records.session import WorktreeSession
from tests.actors.decisions.given import ID, NOW, Play, awaits, terminal

CLEAN = Seen(head="c0ffee", branch="work", repository="/moved")
DIRTY = Seen(head="c0ffee", branch="work", untracked=("new",))
REMOVED = RemovedWorktree(path="/w", repository="/r", ref="refs/x", commit="c0ffee")


class Tree(Play):
    """Of a worktree session; `seen` is what a look gives."""

    seen: Seen | None = CLEAN

    @property
    def given(self) -> Given:
        return replace(super().given, worktree=self.seen)


def tree(*workers: r.CreateWorkerRequest) -> Tree:
    quick = Play.of(*workers)
    record = WorktreeSession(
        **{
            name: getattr(quick.session, name)
            for name in quick.session.__struct_fields__
            if name in WorktreeSession.__struct_fields__
        },
        repository="/r",
        worktree_path="/w",
        branch="work",
    )
    return Tree(replace(quick.state, session=record))


def delete(**fields: Any) -> r.DeleteSession:
    return r.DeleteSession(session=ID, **fields)


def test_the_worktree_goes_before_the_session() -> None:
    play = tree()
    assert awaits(play.decide(delete(delete_branch=True))) == DISPOSAL
    (begun,) = play.told(e.SessionDeleting)
    assert begun.removal is not None
    assert begun.removal.ref.startswith(f"{deletion.RECOVERY}/{ID}/20261121T")
    assert (begun.removal.force, begun.removal.delete_branch) == (False, True)
    assert begun.removal.repository == "/moved"
    assert [one.removal for one in play.wanted(f.RemoveWorktree)] == [begun.removal]
    assert not play.state.deleted
    play.decide(o.WorktreeRemoved(REMOVED))
    assert play.state.deleted
    assert play.wanted(f.DisposeSession)
    told = deletion.answer(play.state)
    assert (told["deleted"], told["worktree"]["removed"]) == (True, True)


def test_it_waits_for_the_workers_and_for_the_worktree() -> None:
    play = tree(terminal())
    play.decide(delete())
    assert not play.wanted(f.RemoveWorktree)
    play.ends("stopped")
    assert play.wanted(f.RemoveWorktree)
    assert not play.state.deleted


def test_a_crash_in_between_takes_up_what_is_left() -> None:
    play = tree()
    play.decide(delete())
    play.forget()
    play.boot()
    assert play.wanted(f.RemoveWorktree)
    play.decide(o.WorktreeRemoved(REMOVED))
    play.forget()
    play.boot()
    assert not play.wanted(f.RemoveWorktree)
    assert play.wanted(f.DisposeSession)


def test_what_is_told_twice_is_recorded_once() -> None:
    play = tree()
    play.decide(delete())
    play.decide(o.WorktreeRemoved(REMOVED))
    play.forget()
    play.decide(o.WorktreeRemoved(REMOVED))
    play.decide(o.WorktreeKept("gone"))
    play.decide(o.RemovalRefused("late"))
    assert (play.events, play.state.deleting) == ([], True)


@pytest.mark.parametrize(
    ("seen", "fields", "is_refused"),
    [
        (CLEAN, {}, False),
        (DIRTY, {}, True),
        (DIRTY, {"force": True}, False),
        (DIRTY, {"keep_worktree": True}, False),
        (Seen(problem="no git"), {"force": True}, True),
        (Seen(absent="it has gone"), {}, False),
        (None, {"force": True}, True),
        (None, {"keep_worktree": True}, False),
    ],
)
def test_what_was_seen_decides(
    seen: Seen | None, fields: dict[str, bool], is_refused: bool
) -> None:
    play = tree(terminal())
    play.seen = seen
    verdict = table.decide(play.state, delete(**fields), play.given)
    if not is_refused:
        assert isinstance(verdict, Decision)
        return
    assert isinstance(verdict, r.Refusal)
    assert verdict.code == "worktree-not-safe"
    assert verdict.data is not None
    assert isinstance(verdict.data["reasons"][0], UnsafeReason)


@pytest.mark.parametrize("how", ["asked for", "gone"])
def test_one_that_stays_is_told_with_the_reason(how: str) -> None:
    play = tree()
    play.seen = Seen(absent="gone")
    play.decide(delete(keep_worktree=how == "asked for"))
    assert play.state.deleted
    assert not play.wanted(f.RemoveWorktree)
    assert how in deletion.answer(play.state)["worktree"]["why"]


def test_one_that_is_not_safe_any_more_takes_the_deletion_back() -> None:
    play = tree(terminal())
    play.decide(delete())
    play.ends("stopped")
    reason = UnsafeReason(code="untracked", message="1 file not in git", count=1)
    decided = play.decide(o.RemovalRefused("not safe", (reason,)))
    refusal = decided.resolved[DISPOSAL]
    assert (refusal.code, refusal.data) == ("worktree-not-safe", {"reasons": [reason]})
    assert (play.state.deleting, play.session.desired) == (False, "stopped")
    said = again.answer(play.state, delete(), again.Done((e.SessionDeleting(),)), play.given)
    assert isinstance(said, r.Refusal)
    play.forget()
    play.decide(delete())
    assert play.wanted(f.RemoveWorktree)


def test_a_restored_one_can_be_deleted_again() -> None:
    play = tree()
    play.decide(delete())
    play.decide(o.WorktreeRemoved(REMOVED))
    play.state = fold.apply(play.state, e.SessionRestored("trash"), NOW)
    assert (play.state.removed, play.state.removal) == (None, None)
    play.forget()
    play.decide(delete())
    assert play.wanted(f.RemoveWorktree)


def test_a_quick_session_has_no_worktree_to_go() -> None:
    play = Play.of()
    play.decide(delete(force=True))
    assert play.told(e.SessionDeleting) == [e.SessionDeleting()]
    assert deletion.answer(play.state) == {"deleted": True}
    assert session.boot(play.state, play.given).effects == (f.DisposeSession(),)


def test_without_a_journal_the_worktree_stays() -> None:
    told = deletion.without_journal(tree().session)
    assert told["worktree"]["removed"] is False
    assert deletion.without_journal(None) == {"deleted": True}
