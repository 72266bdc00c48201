"""What a directory is to git: every odd kind of repository, made for real."""

from pathlib import Path

import pytest

from actors.git.command import Git
from actors.git.repository import Repository, commit_of
from storage.records.request import Refusal
from tests.actors.git.places import do, git_in, new_repository


def found(place: Path) -> Repository:
    repository = Repository.find(git_in(place))
    assert isinstance(repository, Repository), repository
    return repository


def refused(place: Path) -> Refusal:
    refusal = Repository.find(git_in(place))
    assert isinstance(refusal, Refusal)
    return refusal


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop")


def test_a_plain_one_is_found_from_anywhere_in_it(place: Path) -> None:
    (place / "deep" / "er").mkdir(parents=True)
    for inside in (place, place / "deep" / "er", place / ".git"):
        it = found(inside)
        assert (it.root, it.common_dir, it.is_bare) == (place, place / ".git", False)
        assert (it.head, it.default_branch) == ("main", None)


def test_a_worktree_leads_to_its_main_one(place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    do(place, "worktree", "add", "--quiet", "-b", "side", str(other))
    it = found(other)
    assert (it.root, it.head) == (place, "side")
    holder = it.holding("side")
    assert holder is not None
    assert holder.path == other


def test_the_lock_reason_and_a_directory_that_has_gone_are_told(
    place: Path, tmp_path: Path
) -> None:
    do(place, "worktree", "add", "--quiet", "-b", "a", str(tmp_path / "a"))
    do(place, "worktree", "lock", "--reason", "greenroom x", str(tmp_path / "a"))
    do(place, "worktree", "add", "--quiet", "-b", "b", str(tmp_path / "b"))
    (tmp_path / "b").rename(tmp_path / "c")
    it = found(place)
    locks = {each.branch: (each.locked, bool(each.prunable)) for each in it.worktrees}
    assert locks == {"main": (None, False), "a": ("greenroom x", False), "b": (None, True)}


@pytest.mark.parametrize("name", ["shop.git", "ein Laden, größer"])
def test_a_bare_one_is_its_own_root(place: Path, tmp_path: Path, name: str) -> None:
    bare = tmp_path / name
    do(tmp_path, "clone", "--quiet", "--bare", str(place), str(bare))
    it = found(bare)
    assert (it.root, it.common_dir, it.is_bare, it.head) == (bare, bare, True, "main")


def test_a_submodule_is_a_repository_of_its_own(place: Path, tmp_path: Path) -> None:
    outer = new_repository(tmp_path / "outer")
    do(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(place), "in")
    it = found(outer / "in")
    assert it.root == outer / "in"
    assert it.common_dir == outer / ".git" / "modules" / "in"


def test_a_detached_head_is_no_branch(place: Path) -> None:
    do(place, "checkout", "--quiet", "--detach")
    assert found(place).head is None


def test_without_a_commit_there_is_a_repository_all_the_same(tmp_path: Path) -> None:
    do(tmp_path, "init", "--quiet", "--initial-branch=main", "new")
    assert found(tmp_path / "new").head == "main"
    assert commit_of(git_in(tmp_path / "new"), "HEAD") is None


def test_the_default_branch_is_that_of_the_remote(place: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    do(tmp_path, "clone", "--quiet", str(place), str(clone))
    assert found(clone).default_branch == "refs/remotes/origin/main"
    do(clone, "update-ref", "-d", "refs/remotes/origin/main")
    assert found(clone).default_branch is None


def test_of_several_remotes_only_origin_counts(place: Path) -> None:
    for name in ("one", "two"):
        do(place, "remote", "add", name, f"/nowhere/{name}")
    assert found(place).default_branch is None


def test_no_repository_says_what_to_do(tmp_path: Path) -> None:
    refusal = refused(tmp_path)
    assert refusal.code == "not-a-repository"
    assert "quick session" in refusal.message


def test_one_that_git_cannot_read_is_told_in_gits_words(place: Path) -> None:
    (place / ".git" / "config").write_text("[core\n")
    refusal = refused(place)
    assert refusal.code == "git-failed"
    assert "bad config" in refusal.message


def test_one_of_another_user_says_how_to_trust_it(place: Path) -> None:
    refusal = Repository.find(git_in(place).having({"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not-a-repository"
    assert "safe.directory" in refusal.message


def test_without_git_it_is_said(place: Path, tmp_path: Path) -> None:
    refusal = Repository.find(Git(place, {"PATH": str(tmp_path)}))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "git-missing"


def test_names_that_git_cannot_hold_mean_nothing(place: Path) -> None:
    git = git_in(place)
    for name in ("", "\0", "-x", "--all", "main..", "nothing", "a b", ":/", "^main"):
        assert commit_of(git, name) is None, name
    assert commit_of(git, "main") == do(place, "rev-parse", "HEAD")


def test_the_tree_that_a_path_would_lie_in_is_found(place: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(place)
    it = found(place)
    assert it.around(tmp_path / "link" / "new" / "one") == place
    assert it.around(place / ".git" / "x") == place
    assert it.around(tmp_path / "shopping") is None
