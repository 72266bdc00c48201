"""What cannot be made beside what others make at the same time, told in words of our own."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from actors.git import worktrees
from tests.actors.git.places import commit, do, new_repository
from tests.actors.sessions.test_worktree_creation import made, refusal, wanted
from tests.fakes.greenroom import House


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop", commits=2)


def test_of_two_at_once_that_git_does_not_keep_both_one_is_refused(
    greenroom: House, shop: Path
) -> None:
    asked = [greenroom.post(wanted(shop, branch=name)) for name in ("a", "a/b")]
    (error,) = (each.error for each in (future.result(30) for future in asked) if each.error)
    assert (error.code, "git keeps no branch" in error.message) == ("bad-branch", True)


def test_many_at_once_of_one_title_each_get_a_branch(greenroom: House, shop: Path) -> None:
    asked = [greenroom.post(wanted(shop, title="Fix it")) for _ in range(4)]
    answers = [future.result(60) for future in asked]
    assert [each.error for each in answers] == [None] * 4
    branches = {each.data.branch for each in answers}
    assert branches == {"greenroom/fix-it", *(f"greenroom/fix-it-{n}" for n in (2, 3, 4))}


@pytest.mark.parametrize("words", [("branch",), ("worktree", "add", "--quiet", "../theirs", "-b")])
def test_a_name_of_ours_that_is_taken_meanwhile_is_followed_by_the_next(
    greenroom: House, shop: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    overtaken, begin = list[str](), worktrees._begin

    def late(git: Any, found: Any, branch: str, asked: Any) -> Any:
        if not overtaken:
            overtaken.append(branch)
            do(shop, *words, branch)
        return begin(git, found, branch, asked)

    monkeypatch.setattr(worktrees, "_begin", late)
    assert made(greenroom, shop, title="Fix it")["branch"] == "greenroom/fix-it-2"
    assert overtaken == ["greenroom/fix-it"]


def test_a_branch_that_somebody_else_makes_meanwhile_is_told_of(
    greenroom: House, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, make = shop.parent / "theirs", worktrees.make

    def overtaken(*given: Any, **named: Any) -> None:
        do(shop, "worktree", "add", "--quiet", "-b", "x", str(theirs))
        make(*given, **named)

    monkeypatch.setattr(worktrees, "make", overtaken)
    error = refusal(greenroom, shop, branch="x")
    assert error.code == "branch-in-use"
    assert f"x is checked out in {theirs}; name another branch" in error.message
    assert do(theirs, "symbolic-ref", "HEAD") == "refs/heads/x"


def without_lfs(place: Path) -> Path:
    """A PATH with git and a shell alone."""
    place.mkdir()
    for name in ("git", "sh"):
        found = shutil.which(name)
        assert found is not None
        (place / name).symlink_to(found)
    return place


def test_where_git_lfs_is_missing_the_next_step_is_told(greenroom: House, shop: Path) -> None:
    commit(shop, ".gitattributes", "*.bin filter=lfs\n")
    commit(shop, "a.bin", "version https://git-lfs.github.com/spec/v1\n")
    for name, words in (("clean", "clean -- %f"), ("smudge", "smudge -- %f")):
        do(shop, "config", f"filter.lfs.{name}", f"git-lfs {words}")
    do(shop, "config", "filter.lfs.process", "git-lfs filter-process")
    do(shop, "config", "filter.lfs.required", "true")
    greenroom.environ["PATH"] = str(without_lfs(shop.parent / "bin"))
    greenroom.again()
    error = refusal(greenroom, shop, branch="x")
    assert (error.code, "install git-lfs" in error.message) == ("worktree-failed", True)
    for name, value, said in (("required", "false", "false"), ("process", "", "''")):
        assert f"git config filter.lfs.{name} {said}" in error.message
        do(shop, "config", f"filter.lfs.{name}", value)
    assert Path(made(greenroom, shop, branch="x")["worktree_path"], "a.bin").exists()
