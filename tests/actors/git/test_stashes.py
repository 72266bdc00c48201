"""Stashes of a repository: which were made in a worktree, and of which nobody can tell."""

from pathlib import Path

import pytest

from actors.messages import outcomes as o
from tests.actors.git.places import commit, do
from tests.actors.git.removed_place import AT, SAFELY, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def put_aside(at: Path) -> None:
    (at / "file-0").write_text("put aside\n")
    do(at, "stash", "push", "--quiet")


def notes_of(place: Place) -> tuple[str, ...]:
    """In the answer to a removal that takes place."""
    return place.remove(SAFELY).notes


def test_one_made_while_another_branch_was_checked_out_is_named(place: Place) -> None:
    do(place.worktree, "checkout", "--quiet", "-b", "other")
    put_aside(place.worktree)
    do(place.worktree, "checkout", "--quiet", "work")
    (note,) = notes_of(place)
    assert note.startswith("stash@{0}: WIP on other: ")
    assert note.endswith("may have been made in it, stays in the repository")
    assert do(place.repository, "stash", "list").startswith("stash@{0}: WIP on other")


def test_one_stored_with_words_of_its_own_is_named(place: Place) -> None:
    (place.worktree / "file-0").write_text("put aside\n")
    made = do(place.worktree, "stash", "create")
    do(place.worktree, "stash", "store", "--message", "On reflection: mine", made)
    do(place.worktree, "checkout", "--quiet", "--", "file-0")
    (note,) = notes_of(place)
    assert note.startswith("stash@{0}: On reflection: mine: this stash, which may")


def test_one_of_a_branch_that_was_never_checked_out_here_is_not_named(place: Place) -> None:
    put_aside(place.repository)
    assert notes_of(place) == ()


def test_one_on_a_commit_that_was_never_checked_out_here_is_not_named(place: Place) -> None:
    commit(place.repository, "more", "more\n")
    (place.repository / "file-0").write_text("put aside\n")
    do(place.repository, "stash", "store", "-m", "words", do(place.repository, "stash", "create"))
    do(place.repository, "checkout", "--quiet", "--", "file-0")
    assert notes_of(place) == ()


def test_one_is_named_where_no_reflog_tells_what_was_checked_out(place: Place) -> None:
    commit(place.repository, "more", "more\n")
    (place.repository / "file-0").write_text("put aside\n")
    do(place.repository, "stash", "store", "-m", "words", do(place.repository, "stash", "create"))
    do(place.repository, "checkout", "--quiet", "--", "file-0")
    own = Path(do(place.worktree, "rev-parse", "--absolute-git-dir"))
    (own / "logs" / "HEAD").unlink()
    (place.repository / ".git" / "logs" / "refs" / "heads" / "work").unlink()
    assert len(notes_of(place)) == 1


def test_one_that_was_made_on_its_branch_is_a_reason_still(place: Place) -> None:
    put_aside(place.worktree)
    refused = place.remover().remove(SAFELY, AT)
    assert isinstance(refused, o.RemovalRefused)
    assert [each.code for each in refused.reasons] == ["stash"]
