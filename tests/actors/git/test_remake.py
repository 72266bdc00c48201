"""A worktree made again, in real repositories: as it was, whatever comes between."""

from pathlib import Path
from typing import Any

import pytest

from actors.git import remake
from actors.git.command import Git
from actors.git.remake import CannotRemake
from tests.actors.git.places import commit, do, files_of
from tests.actors.git.removed_place import (
    REF,
    SESSION,
    Killed,
    Place,
    killed_at,
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize(
    ("where", "name", "when"),
    [
        (remake._Remaking, "_add", "before"),
        (remake._Remaking, "_add", "after"),
        (remake, "fill", "before"),
        (remake, "fill", "after"),
        (remake, "index_of", "after"),
    ],
)
def test_a_crash_at_each_step_of_a_restore_leaves_nothing_half(
    place: Place, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, when: str
) -> None:
    place.fill()
    before = place.everything()
    removed = place.remove()
    killed_at(monkeypatch, where, name, when)
    with pytest.raises(Killed):
        place.restore(removed)
    monkeypatch.undo()
    place.restore(removed)
    assert place.everything() == before
    assert place.restore(removed) == ()
    assert place.everything() == before


@pytest.mark.parametrize("number", range(1, 16))
def test_a_crash_before_each_run_of_git_in_a_restore(
    place: Place, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    place.fill()
    before = place.everything()
    removed = place.remove()
    left = iter(range(number))
    run = Git.run

    def counted(self: Git, *words: str, **how: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return run(self, *words, **how)

    monkeypatch.setattr(Git, "run", counted)
    try:
        place.restore(removed)
    except Killed:
        monkeypatch.undo()
        place.restore(removed)
    monkeypatch.undo()
    assert place.everything() == before


def test_what_git_left_when_it_was_killed_itself_is_cleared(place: Place) -> None:
    place.fill()
    before = place.everything()
    removed = place.remove()
    own = place.repository / ".git" / "worktrees" / "work"
    own.mkdir(parents=True)
    (own / "locked").write_text(f"greenroom restoring {SESSION}")
    place.restore(removed)
    assert place.everything() == before
    do(place.repository, "worktree", "unlock", str(place.worktree))
    reason = f"greenroom restoring {SESSION}"
    do(place.repository, "worktree", "lock", "--reason", reason, str(place.worktree))
    (own / "index.lock").write_text("")
    (place.worktree / "file-0").unlink()
    place.restore(removed)
    assert place.everything() == before


def test_what_was_written_in_one_half_made_is_kept_before_it_is_written_over(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(place.worktree, ".gitignore", "file-1\n")
    removed = place.remove()
    for number in (1, 2):
        killed_at(monkeypatch, remake, "fill", "after" if number == 1 else "before")
        with pytest.raises(Killed):
            place.restore(removed)
        monkeypatch.undo()
        (place.worktree / "file-0").write_text(f"edited {number}\n")
        (place.worktree / "file-1").write_text("in git, although it is ignored\n")
    (note,) = place.restore(removed)
    ref = f"{REF}-meanwhile"
    assert ref in note
    assert do(place.worktree, "status", "--porcelain") == ""
    assert do(place.repository, "show", f"{ref}:file-0") == "edited 2"
    assert do(place.repository, "show", f"{ref}^1:file-0") == "edited 1"
    assert do(place.repository, "show", f"{ref}:file-1") == "in git, although it is ignored"


def test_a_restored_one_that_was_worked_in_is_left_as_it_is(place: Place) -> None:
    removed = place.remove()
    place.restore(removed)
    (place.worktree / "file-0").write_text("worked on\n")
    assert place.restore(removed) == ()
    assert (place.worktree / "file-0").read_text() == "worked on\n"


def test_what_stands_in_the_way_of_a_restore_stays(place: Place, tmp_path: Path) -> None:
    removed = place.remove()
    place.worktree.mkdir()
    (place.worktree / "mine").write_text("mine")
    with pytest.raises(CannotRemake, match="move that away"):
        place.restore(removed)
    assert (place.worktree / "mine").read_text() == "mine"
    (place.worktree / "mine").unlink()
    place.repository.rename(tmp_path / "elsewhere")
    with pytest.raises(CannotRemake, match=r"is gone; if it was moved, .*: ln -s NEW "):
        place.restore(removed)
    (tmp_path / "elsewhere").rename(place.repository)
    assert place.restore(removed) == ()


def test_a_branch_that_moved_on_or_is_taken_leaves_head_detached(
    place: Place, tmp_path: Path
) -> None:
    place.fill()
    files = files_of(place.worktree)
    removed = place.remove()
    other = tmp_path / "other"
    do(place.repository, "worktree", "add", "--quiet", str(other), "work")
    (note,) = place.restore(removed)
    assert f"checked out in {other}" in note
    assert files_of(place.worktree) == files
    assert do(place.worktree, "rev-parse", "HEAD") == removed.head
    removed = place.remove()
    tip = commit(other, "more", "more\n")
    do(place.repository, "worktree", "remove", str(other))
    place.restore(removed)
    assert do(place.repository, "rev-parse", "work") == tip


def test_one_without_a_commit_on_its_branch_comes_back(place: Place) -> None:
    do(place.worktree, "switch", "--quiet", "--orphan", "fresh")
    (place.worktree / "first").write_text("text")
    before = place.everything()
    place.restore(place.remove())
    assert place.everything() == before


@pytest.mark.parametrize("other", ["topic", "topic/sub/deep"])
def test_a_branch_that_cannot_be_made_beside_a_newer_one_leaves_head_detached(
    place: Place, other: str
) -> None:
    do(place.worktree, "branch", "-m", "topic/sub")
    head = commit(place.worktree, "own", "work\n")
    removed = place.remove()
    do(place.repository, "update-ref", "-d", "refs/heads/topic/sub")
    do(place.repository, "branch", other)
    (note,) = place.restore(removed)
    assert note == (
        f"its branch topic/sub cannot be beside {other}, which is there now, so HEAD is detached"
    )
    assert do(place.worktree, "rev-parse", "HEAD") == head
    assert (place.worktree / "own").read_text() == "work\n"
