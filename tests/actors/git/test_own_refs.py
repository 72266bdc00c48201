"""What only a worktree's own refs, its reflog and its branch's settings had is there after it."""

import os
from pathlib import Path

import pytest

from storage.records.removal import Removal
from tests.actors.git.places import commit, do, git_in
from tests.actors.git.removed_place import REF, SAFELY, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def aside(place: Place, name: str) -> str:
    """A commit that only the reflog of HEAD has."""
    do(place.worktree, "checkout", "--quiet", "--detach")
    made = commit(place.worktree, name, "text\n")
    do(place.worktree, "checkout", "--quiet", "work")
    return made


def collected(place: Place) -> None:
    do(place.repository, "reflog", "expire", "--expire=now", "--all")
    do(place.repository, "gc", "--quiet", "--prune=now")


def test_commits_of_the_reflog_are_kept(place: Place) -> None:
    made = [aside(place, "one"), aside(place, "two")]
    removed = place.remove(SAFELY)
    collected(place)
    assert any(f"{REF}-reflog" in note for note in removed.notes)
    held = do(place.repository, "log", "-1", "--format=%P", f"{REF}-reflog").split()
    assert sorted(held) == sorted(made)
    assert do(place.repository, "show", f"{made[0]}:one") == "text"


def test_commits_that_only_the_reflog_of_its_branch_has_are_kept(place: Place) -> None:
    before = do(place.repository, "rev-parse", "work")
    tree = do(place.repository, "rev-parse", "work^{tree}")
    made = do(place.repository, "commit-tree", tree, "-p", before, "-m", "only there")
    do(place.repository, "update-ref", "refs/heads/work", made)
    do(place.repository, "update-ref", "refs/heads/work", before)
    removed = place.remove(Removal(ref=REF, delete_branch=True))
    assert removed.branch_deleted
    collected(place)
    assert do(place.repository, "cat-file", "-t", made) == "commit"


def test_nothing_is_kept_where_branches_have_it_all(place: Place) -> None:
    commit(place.worktree, "own", "work\n")
    removed = place.remove()
    assert removed.notes == ()
    assert do(place.repository, "for-each-ref", "--format=%(refname)", "refs/greenroom") == REF


def test_those_of_the_clean_up_are_kept_beside_those_before(place: Place) -> None:
    made = [aside(place, "one")]
    place.remove(clean_up=lambda _: made.append(aside(place, "two")))
    collected(place)
    held = do(place.repository, "rev-list", f"{REF}-reflog").split()
    assert set(made) < set(held)


def test_its_own_refs_come_back(place: Place) -> None:
    mine = aside(place, "mine")
    do(place.worktree, "update-ref", "refs/worktree/deep/mine", mine)
    blob = do(place.worktree, "hash-object", "-w", "--stdin", stdin="only here")
    do(place.worktree, "update-ref", "refs/worktree/blob", blob)
    removed = place.remove()
    collected(place)
    assert place.restore(removed) == ()
    assert do(place.worktree, "rev-parse", "refs/worktree/deep/mine") == mine
    assert do(place.worktree, "cat-file", "-p", "refs/worktree/blob") == "only here"
    assert do(place.repository, "for-each-ref", "refs/worktree") == ""


def test_the_upstream_of_its_branch_comes_back(place: Place) -> None:
    commit(place.worktree, "own", "work\n")
    origin = place.repository.parent / "origin"
    do(place.repository, "init", "--quiet", "--bare", str(origin))
    do(place.repository, "remote", "add", "origin", str(origin))
    do(place.worktree, "push", "--quiet", "--set-upstream", "origin", "work")
    do(place.worktree, "config", "branch.work.rebase", "true")
    do(place.worktree, "config", "branch.work.vscode-merge-base", "origin/main")
    do(place.repository, "merge", "--quiet", "work")
    removed = place.remove(Removal(ref=REF, delete_branch=True))
    assert removed.branch_deleted
    assert "branch.work" not in do(place.repository, "config", "--local", "--list")
    place.restore(removed)
    assert do(place.worktree, "rev-parse", "--abbrev-ref", "@{upstream}") == "origin/work"
    assert do(place.worktree, "config", "branch.work.rebase") == "true"
    assert do(place.worktree, "config", "branch.work.vscode-merge-base") == "origin/main"
    assert git_in(place.worktree).ask("config", "--get-all", "branch.work.merge") == (
        "refs/heads/work"
    )


def test_what_git_put_aside_by_itself_is_kept(place: Place) -> None:
    """Uncommitted work that `rebase --autostash` took away, and what a bisect has marked."""
    commit(place.worktree, "file-0", "mine\n")
    commit(place.repository, "file-0", "theirs\n")
    (place.worktree / "file-1").write_text("precious\n")
    done = git_in(place.worktree, GIT_COMMITTER_NAME="A", EMAIL="a@example.org").run(
        "-c", "user.name=A", "-c", "user.email=a@example.org", "rebase", "--autostash", "main"
    )
    assert done.status != 0
    own = place.repository / ".git" / "worktrees" / "work"
    stashed = (own / "rebase-merge" / "autostash").read_text().strip()
    tree = do(place.repository, "rev-parse", "HEAD^{tree}")
    marked, merging, origin = (
        do(place.repository, "commit-tree", tree, "-m", name) for name in "abc"
    )
    do(place.worktree, "update-ref", "refs/bisect/bad", marked)
    (own / "MERGE_AUTOSTASH").write_text(f"{merging}\n")
    do(place.worktree, "update-ref", "ORIG_HEAD", origin)
    place.remove()
    collected(place)
    assert do(place.repository, "show", f"{stashed}:file-1") == "precious"
    for each in (marked, merging, origin):
        assert do(place.repository, "cat-file", "-t", each) == "commit"


def test_refs_of_its_own_may_have_any_name(place: Place) -> None:
    odd = os.fsdecode(b"refs/worktree/b\xff")
    mine = aside(place, "mine")
    do(place.worktree, "update-ref", odd, mine)
    removed = place.remove(SAFELY)
    assert place.restore(removed) == ()
    assert do(place.worktree, "rev-parse", odd) == mine
