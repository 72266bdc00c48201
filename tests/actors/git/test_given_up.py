"""What a session that is gone for good leaves in git: free again, and no commit lost."""

import shutil
from pathlib import Path

from actors.git.given_up import let_go
from tests.actors.git.places import commit, do, git_in, new_repository, new_worktree

SESSION, OTHER = "abcdefghijkl", "zzzzzzzzzzzz"


def locks(repository: Path) -> int:
    return do(repository, "worktree", "list", "--porcelain").count("locked")


def test_one_that_stands_is_unlocked_and_that_of_another_is_not(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "repository")
    work = new_worktree(repository, tmp_path / "work", SESSION)
    new_worktree(repository, tmp_path / "other", OTHER, branch="other")
    do(work, "checkout", "--quiet", "--detach")
    commit(work, "own", "work\n")
    assert let_go(git_in(repository), SESSION) == ()
    assert locks(repository) == 1
    assert (work / "own").exists()
    assert let_go(git_in(repository), SESSION) == ()


def test_the_commit_of_one_that_is_gone_is_kept_if_nothing_else_has_it(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "repository")
    work = new_worktree(repository, tmp_path / "work", SESSION)
    do(work, "checkout", "--quiet", "--detach")
    head = commit(work, "own", "work\n")
    shutil.rmtree(work)
    (ref,) = let_go(git_in(repository), SESSION)
    assert do(repository, "rev-parse", ref) == head
    assert locks(repository) == 0


def test_of_one_whose_commits_are_on_a_branch_nothing_is_kept(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "repository")
    work = new_worktree(repository, tmp_path / "work", SESSION)
    commit(work, "own", "work\n")
    shutil.rmtree(work)
    assert let_go(git_in(repository), SESSION) == ()
    assert locks(repository) == 0
