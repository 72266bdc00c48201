"""Branches, tags and remotes of one name: none is taken for another."""

from pathlib import Path
from typing import Any

import pytest

from actors.git import worktrees
from actors.git.merged import is_merged
from actors.git.worktrees import Wanted
from storage.records.request import Refusal
from storage.records.worktree import WorktreePlan
from tests.actors.git.places import commit, do, git_in, new_repository

ID = "abcdefgh2345"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop", commits=2)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "trees"


def asked(place: Path, root: Path, **wanted: Any) -> WorktreePlan | Refusal:
    return worktrees.plan(git_in(place), Wanted(session_id=ID, **wanted), root)


def planned(place: Path, root: Path, **wanted: Any) -> WorktreePlan:
    found = asked(place, root, **wanted)
    assert isinstance(found, WorktreePlan), found
    return found


def test_a_branch_that_hides_the_remotes_is_not_taken_for_it(
    shop: Path, root: Path, tmp_path: Path
) -> None:
    do(tmp_path, "clone", "--quiet", str(shop), "clone")
    clone = tmp_path / "clone"
    do(shop, "branch", "feature", "main~1")
    do(clone, "fetch", "--quiet")
    tip = commit(clone, "mine", "not pushed")
    for name in ("origin/main", "origin/feature"):
        do(clone, "update-ref", f"refs/heads/{name}", tip)
    told = planned(clone, root, branch="x", base="origin/main")
    assert told.start == do(shop, "rev-parse", "main")
    hidden = planned(clone, root, branch="origin/main")
    assert (hidden.start, hidden.base_commit) == (tip, do(shop, "rev-parse", "main"))
    followed = planned(clone, root, branch="feature")
    worktrees.make(git_in(clone), followed)
    assert do(clone, "config", "branch.feature.remote") == "origin"


def test_the_name_of_a_remote_is_for_no_branch_that_is_made(shop: Path, root: Path) -> None:
    do(shop, "remote", "add", "greenroom", "/nowhere")
    refused = asked(shop, root, branch="greenroom")
    assert isinstance(refused, Refusal)
    assert refused.code == "bad-branch"
    assert planned(shop, root, title="Fix it").branch == "greenroom-fix-it"


def test_one_beside_a_tag_of_its_name_is_undone(shop: Path, root: Path) -> None:
    do(shop, "tag", "x", "main~1")
    plan = planned(shop, root, branch="x")
    worktrees.make(git_in(shop), plan)
    assert worktrees.undo(git_in(shop), plan) is None
    assert not root.exists() or list(root.rglob("x")) == []
    assert do(shop, "branch", "--list", "x") == ""


def test_what_only_a_branch_has_that_hides_the_remotes_is_not_merged(
    shop: Path, tmp_path: Path
) -> None:
    do(tmp_path, "clone", "--quiet", str(shop), "clone")
    clone = tmp_path / "clone"
    do(clone, "switch", "--quiet", "--create", "work")
    tip = commit(clone, "mine", "not pushed")
    do(clone, "update-ref", "refs/heads/origin/main", tip)
    assert not is_merged(git_in(clone), "work", ("origin/main",))
    do(clone, "push", "--quiet", "origin", "work:next")
    assert is_merged(git_in(clone), "work", ("origin/main",))
