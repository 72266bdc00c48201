"""Names of branches: hostile ones are refused with a reason, odd ones become plain directories."""

import subprocess
from pathlib import Path

import pytest

from actors.git import branch_names
from tests.actors.git.places import do, git_in, new_repository

GOOD = (
    "main",
    "fix/login",
    "ä/ü",
    "日本",
    "v1.2",
    "a-b_c",
    "x@y",
    "greenroom/x",
    "#7",
    "a'b",
    "$x",
)
BAD = (
    *("", "-x", "--all", "@", "HEAD", "@{-1}", "main^", "a b", "a..b", ".x", "x.lock", "x/", "/x"),
    *("a//b", "a\\b", "a\nb", "a\0b", "a\x1b[2J", "refs/heads/x", "a" * 300, "0" * 40, "a?", "a*"),
    *("../../etc", "a/../b", "~", "x:y", "a[b", "a/.b", "a.", "\udcff@{0}"),
)


@pytest.mark.parametrize("name", GOOD)
def test_what_git_takes_is_a_name(tmp_path: Path, name: str) -> None:
    assert branch_names.refusal(git_in(tmp_path), name) is None


@pytest.mark.parametrize(
    ("one", "other", "clashes"),
    [
        ("a", "a", True),
        ("a", "a/b", True),
        ("a/b/c", "a", True),
        ("a", "ab", False),
        ("a/b", "a/c", False),
    ],
)
def test_which_two_git_does_not_keep_beside_each_other(
    tmp_path: Path, one: str, other: str, *, clashes: bool
) -> None:
    assert branch_names.clash(one, other) is clashes
    assert branch_names.clash(other, one) is clashes
    shop = new_repository(tmp_path / "shop")
    do(shop, "branch", one)
    found = branch_names.in_the_way(git_in(shop), other)
    assert found == (one if clashes and one != other else None)
    if found is not None:
        with pytest.raises(subprocess.CalledProcessError):
            do(shop, "branch", other)


@pytest.mark.parametrize("name", BAD)
def test_what_is_none_is_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    refusal = branch_names.refusal(git_in(tmp_path), name)
    assert refusal is not None
    assert (refusal.code, refusal.path) == ("bad-branch", "$.branch")
    assert "cannot be the name of a branch: " in refusal.message


@pytest.mark.parametrize(
    ("name", "directory"),
    [
        ("fix/login", "fix-login"),
        ("ä b/ü", "ä-b-ü"),
        ("../../etc", "etc"),
        (".git", "git"),
        ("x.git", "x-git"),
        ("X.LOCK", "X-LOCK"),
        ("-", "worktree"),
        ("", "worktree"),
        ("日" * 100, "日" * 26),
        ("a\0b\nc", "a-b-c"),
    ],
)
def test_a_directory_has_a_plain_name(name: str, directory: str) -> None:
    assert branch_names.as_directory(name) == directory


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Fix the login!", "greenroom/fix-the-login"),
        (None, "greenroom/abc"),
        ("…", "greenroom/abc"),
    ],
)
def test_without_a_name_the_title_gives_one(title: str | None, name: str) -> None:
    assert branch_names.from_title(title, "abc") == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("HEAD", "what is checked out"),
        ("@", "what is checked out"),
        ("refs/heads/x", "leave refs/ out"),
        ("a/.b", "begin with a dot"),
        ("a\nb", "a line break"),
        ("a b", "no spaces"),
    ],
)
def test_the_reason_is_that_of_the_name(tmp_path: Path, name: str, words: str) -> None:
    refusal = branch_names.refusal(git_in(tmp_path), name)
    assert refusal is not None
    assert words in refusal.message


def test_a_name_that_begins_with_a_remotes_is_for_no_new_branch(tmp_path: Path) -> None:
    new_repository(tmp_path / "shop")
    do(tmp_path, "clone", "--quiet", "shop", "clone")
    git = git_in(tmp_path / "clone")
    refusal = branch_names.of_a_remote(git, "origin/main")
    assert refusal is not None
    assert refusal.code == "bad-branch"
    assert "name the branch main, or name another one with origin/main as its base" in (
        refusal.message
    )
    assert branch_names.of_a_remote(git, "origin-main") is None
    bare = branch_names.of_a_remote(git, "origin")
    assert bare is not None
    assert bare.code == "bad-branch"
    assert "origin is the name of a remote" in bare.message
