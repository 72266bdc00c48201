"""Files as they were, under the name of a session and a number, and nobody's work is touched."""

from pathlib import Path

import pytest

from actors.git.command import GitFailed
from actors.git.kept_trees import (
    KeptTree,
    forget,
    hand_on,
    is_in_repository,
    keep_tree,
    kept_trees,
    ref_of,
)
from tests.actors.git.places import do, git_in, new_repository, new_worktree

ID, FORK = "abcdefghijkl", "forkedforked"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "repository")


def test_a_tree_has_all_files_that_are_not_ignored(place: Path) -> None:
    (place / ".gitignore").write_text("*.log\n")
    (place / "new").write_text("untracked")
    (place / "run.log").write_text("ignored")
    (place / "file-0").write_text("changed")
    before = do(place, "status", "--porcelain")
    kept = keep_tree(git_in(place), ID, 7)
    assert do(place, "rev-parse", ref_of(ID, 7)) == kept.commit
    names = do(place, "ls-tree", "-r", "--name-only", kept.commit).splitlines()
    assert names == [".gitignore", "file-0", "new"]
    assert do(place, "show", f"{kept.commit}:file-0") == "changed"
    assert do(place, "status", "--porcelain") == before


def test_those_up_to_a_number_are_found_in_their_order(place: Path) -> None:
    git = git_in(place)
    trees = [keep_tree(git, ID, n) for n in (2, 10, 9)]
    keep_tree(git, "another", 3)
    assert kept_trees(git, ID, 9) == [trees[0], trees[2]]
    assert kept_trees(git, ID, 10**9) == [trees[0], trees[2], trees[1]]
    assert kept_trees(git, ID, 1) == []


def test_they_are_found_from_every_worktree(place: Path, tmp_path: Path) -> None:
    worktree = new_worktree(place, tmp_path / "tree", ID)
    kept = keep_tree(git_in(worktree), ID, 4)
    assert kept_trees(git_in(place), ID, 4) == [kept]


def test_a_fork_has_them_under_its_own_name(place: Path) -> None:
    git = git_in(place)
    trees = [keep_tree(git, ID, n) for n in (2, 5)]
    hand_on(git, trees, FORK)
    forget(git, ID)
    assert kept_trees(git, ID, 9) == []
    assert kept_trees(git, FORK, 9) == trees
    forget(git, FORK)
    forget(git, FORK)
    assert do(place, "for-each-ref", "refs/greenroom") == ""


def test_all_of_them_are_handed_on_or_none(place: Path) -> None:
    git = git_in(place)
    kept = keep_tree(git, ID, 2)
    with pytest.raises(GitFailed):
        hand_on(git, [kept, KeptTree(3, "0" * 39 + "1")], FORK)
    assert kept_trees(git, FORK, 9) == []


def test_a_repository_is_seen_by_names_alone(place: Path, tmp_path: Path) -> None:
    (place / "below" / "deep").mkdir(parents=True)
    assert is_in_repository(place / "below" / "deep")
    assert is_in_repository(new_worktree(place, tmp_path / "tree", ID))
    (tmp_path / "plain").mkdir()
    assert not is_in_repository(tmp_path / "plain")


def test_one_without_a_commit_is_kept_too(tmp_path: Path) -> None:
    place = new_repository(tmp_path / "empty", commits=0)
    (place / "first").write_text("x")
    kept = keep_tree(git_in(place), ID, 3)
    assert do(place, "ls-tree", "--name-only", kept.commit) == "first"
