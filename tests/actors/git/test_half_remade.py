"""A restore that was cut off at any step is taken back whole, and can be done anew."""

from pathlib import Path
from typing import Any

import pytest

from actors.git import remake
from actors.git.command import Git
from actors.git.half_remade import undone
from storage.records.removal import Removal, RemovedWorktree
from tests.actors.git.places import commit, do, git_in
from tests.actors.git.removed_place import FORCED, REF, SESSION, Killed, Place, killed_at

WITH_BRANCH = Removal(ref=REF, force=True, delete_branch=True)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def merged(place: Place) -> None:
    """Its branch goes with it."""
    commit(place.worktree, "own", "work\n")
    do(place.repository, "merge", "--quiet", "work")
    do(place.repository, "config", "branch.work.remote", "nowhere")
    (place.worktree / "new").write_text("not in git\n")


def undo(place: Place, removed: RemovedWorktree) -> str | None:
    return undone(git_in(place.repository), SESSION, removed)


def half(place: Place, monkeypatch: pytest.MonkeyPatch, removed: RemovedWorktree) -> None:
    """All but its last step."""
    killed_at(monkeypatch, remake, "fill", "after")
    with pytest.raises(Killed):
        place.restore(removed)
    monkeypatch.undo()
    assert place.worktree.is_dir()


def is_as_removed(place: Place, *, has_branch: bool) -> None:
    assert not place.worktree.exists()
    assert list((place.repository / ".git").glob("worktrees/*")) == []
    assert bool(do(place.repository, "branch", "--list", "work")) == has_branch
    told = do(place.repository, "config", "--list")
    assert ("branch.work." in told) == has_branch


@pytest.mark.parametrize("wanted", [FORCED, WITH_BRANCH])
@pytest.mark.parametrize("number", [*range(1, 12), 16])
def test_a_crash_before_each_run_of_git_leaves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, wanted: Removal, number: int
) -> None:
    merged(place)
    before = place.everything()
    removed = place.remove(wanted)
    left = iter(range(number))
    run = Git.run

    def counted(self: Git, *words: str, **how: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return run(self, *words, **how)

    monkeypatch.setattr(Git, "run", counted)
    with pytest.raises(Killed):
        place.restore(removed)
    monkeypatch.undo()
    assert undo(place, removed) is None
    assert undo(place, removed) is None
    is_as_removed(place, has_branch=wanted is FORCED)
    assert place.restore(removed) == ()
    assert place.everything() == before


def test_files_that_somebody_wrote_there_are_kept_first(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged(place)
    removed = place.remove(WITH_BRANCH)
    half(place, monkeypatch, removed)
    (place.worktree / "mine").write_text("since\n")
    told = str(undo(place, removed))
    is_as_removed(place, has_branch=False)
    assert do(place.repository, "show", f"{told.rsplit(maxsplit=1)[-1]}:mine") == "since"


def test_where_somebody_committed_all_stays(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    merged(place)
    removed = place.remove(WITH_BRANCH)
    half(place, monkeypatch, removed)
    commit(place.worktree, "mine", "since\n")
    assert "somebody has committed" in str(undo(place, removed))
    assert (place.worktree / "mine").exists()


def test_a_branch_that_an_earlier_restore_made_is_not_taken_for_this_ones(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged(place)
    assert place.restore(place.remove(WITH_BRANCH)) == ()
    later = Removal(ref=f"{REF[:-1]}1Z", force=True)
    removed = place.remove(later)
    half(place, monkeypatch, removed)
    assert undo(place, removed) is None
    is_as_removed(place, has_branch=True)


def test_what_is_whole_is_left_alone(place: Place) -> None:
    merged(place)
    before = place.everything()
    removed = place.remove(WITH_BRANCH)
    place.restore(removed)
    assert undo(place, removed) is None
    assert place.everything() == before


def test_of_a_repository_that_is_gone_nothing_is_touched(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged(place)
    removed = place.remove(WITH_BRANCH)
    half(place, monkeypatch, removed)
    place.repository.rename(place.repository.with_name("moved"))
    assert "has gone" in str(undo(place, removed))
    assert place.worktree.is_dir()
