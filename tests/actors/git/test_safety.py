"""Everything that the removal of a worktree could lose is seen, in real repositories."""

import os
import subprocess
from pathlib import Path

import pytest

from actors.decisions.worktrees.safety import reasons
from actors.git import nested
from actors.git.merged import is_merged
from actors.git.safety import see
from tests.actors.git.places import commit, do, git_in, new_repository, new_worktree

SESSION = "abcdefghijkl"


class Place:
    """A repository with a remote, and a worktree of it on the branch `work`."""

    def __init__(self, root: Path, *, remote: bool) -> None:
        self.repository = new_repository(root / "repository", commits=2)
        if remote:
            do(root, "clone", "--quiet", "--bare", str(self.repository), "remote.git")
            do(self.repository, "remote", "add", "origin", str(root / "remote.git"))
            do(self.repository, "fetch", "--quiet", "origin")
            do(self.repository, "remote", "set-head", "origin", "main")
        self.worktree = new_worktree(self.repository, root / "worktree", SESSION)

    def codes(self) -> list[str]:
        return [reason.code for reason in reasons(see(git_in(self.worktree)))]

    def names(self, code: str) -> tuple[str, ...]:
        found = reasons(see(git_in(self.worktree)))
        return next((reason.examples for reason in found if reason.code == code), ())


@pytest.fixture
def alone(tmp_path: Path) -> Place:
    return Place(tmp_path, remote=False)


@pytest.fixture
def shared(tmp_path: Path) -> Place:
    return Place(tmp_path, remote=True)


def test_one_in_which_nothing_was_done_is_safe(alone: Place) -> None:
    assert alone.codes() == []


def test_changed_staged_and_removed_files(alone: Place) -> None:
    (alone.worktree / "file-0").write_text("changed")
    assert alone.names("uncommitted") == ("file-0",)
    do(alone.worktree, "add", "file-0")
    (alone.worktree / "file-1").unlink()
    assert alone.names("uncommitted") == ("file-0", "file-1")
    (alone.worktree / "file-0").write_text("content 0\n")
    assert alone.names("uncommitted") == ("file-0", "file-1")


def test_a_change_that_git_was_told_to_overlook(alone: Place) -> None:
    do(alone.worktree, "update-index", "--assume-unchanged", "file-0")
    do(alone.worktree, "update-index", "--skip-worktree", "file-1")
    assert alone.codes() == []
    for name in ("file-0", "file-1"):
        (alone.worktree / name).write_text("changed")
    assert alone.names("uncommitted") == ("file-0", "file-1")


def test_files_not_in_git_and_ignored_ones(alone: Place) -> None:
    do(alone.repository, "config", "status.showUntrackedFiles", "no")
    (alone.worktree / "new dir").mkdir()
    (alone.worktree / "new dir" / "né\nw").write_text("")
    assert alone.names("untracked") == ("new dir/né\nw",)
    (alone.worktree / "new dir" / "né\nw").unlink()
    commit(alone.repository, ".gitignore", "*.log\n")
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    (alone.worktree / "a.log").write_text("")
    seen = see(git_in(alone.worktree))
    assert (reasons(seen), seen.ignored) == ((), ("a.log",))


@pytest.mark.parametrize("how", ["merge", "rebase", "cherry-pick"])
def test_conflicts_and_what_is_under_way(alone: Place, how: str) -> None:
    commit(alone.repository, "file-0", "theirs\n")
    commit(alone.worktree, "file-0", "ours\n")
    with pytest.raises(subprocess.CalledProcessError):
        do(alone.worktree, how, "main")
    assert alone.names("conflicted") == ("file-0",)
    assert any(how in each for each in alone.names("under-way"))


def test_bisecting_is_under_way(alone: Place) -> None:
    do(alone.worktree, "bisect", "start", "HEAD", "HEAD~1")
    assert alone.names("under-way") == ("bisect",)


def test_a_stash_made_there_and_one_made_elsewhere(alone: Place) -> None:
    (alone.repository / "file-0").write_text("elsewhere")
    do(alone.repository, "stash", "push", "--message", "not here")
    assert alone.codes() == []
    (alone.worktree / "file-0").write_text("here")
    do(alone.worktree, "stash", "push", "--message", "of: here")
    assert alone.names("stash") == ("stash@{0}: On work: of: here",)
    do(alone.worktree, "stash", "drop")
    do(alone.worktree, "switch", "--quiet", "--detach")
    (alone.worktree / "file-0").write_text("here")
    do(alone.worktree, "stash", "push")
    assert len(alone.names("stash")) == 1


def test_without_a_remote_a_commit_must_be_on_another_branch(alone: Place) -> None:
    commit(alone.worktree, "new", "text")
    (found,) = alone.names("unpushed")
    assert found.endswith(" add new")
    assert not is_merged(git_in(alone.repository), "work", ())
    do(alone.repository, "branch", "other", "work")
    assert alone.codes() == []
    assert is_merged(git_in(alone.repository), "work", ())


def test_with_a_remote_another_branch_is_not_enough(shared: Place) -> None:
    commit(shared.worktree, "new", "text")
    do(shared.repository, "branch", "other", "work")
    assert shared.codes() == ["unpushed"]
    do(shared.worktree, "push", "--quiet", "origin", "work")
    assert shared.codes() == []
    do(shared.worktree, "commit", "--quiet", "--allow-empty", "--message", "more")
    assert shared.codes() == ["unpushed"]


def test_a_detached_head_with_a_commit_of_its_own(shared: Place) -> None:
    do(shared.worktree, "switch", "--quiet", "--detach")
    assert shared.codes() == []
    commit(shared.worktree, "new", "text")
    assert shared.codes() == ["unpushed"]


@pytest.mark.parametrize("remote", [True, False])
def test_merged_rebased_and_squashed(tmp_path: Path, *, remote: bool) -> None:
    place = Place(tmp_path, remote=remote)
    base = do(place.worktree, "rev-parse", "HEAD")
    commit(place.worktree, "one", "one\n")
    commit(place.worktree, "file-0", "changed\n")
    commit(place.repository, "main", "meanwhile\n")

    def verdict() -> bool:
        seen = see(git_in(place.worktree), bases=("main",))
        return reasons(seen) == ()

    assert not verdict()
    do(place.repository, "merge", "--quiet", "--squash", "work")
    do(place.repository, "commit", "--quiet", "--message", "squashed")
    commit(place.repository, "after", "after\n")
    assert verdict()
    commit(place.worktree, "two", "two\n")
    assert not verdict()
    do(place.repository, "reset", "--quiet", "--hard", base)
    assert not verdict()
    do(place.repository, "commit", "--quiet", "--allow-empty", "--message", "so that they differ")
    do(place.repository, "cherry-pick", f"{base}..work")
    assert verdict()
    do(place.repository, "reset", "--quiet", "--hard", base)
    do(place.repository, "merge", "--quiet", "--no-ff", "work")
    assert verdict()


def test_a_squash_of_something_else_proves_nothing(alone: Place) -> None:
    (alone.worktree / "binary").write_bytes(b"\0one")
    do(alone.worktree, "add", "binary")
    do(alone.worktree, "commit", "--quiet", "--message", "binary")
    (alone.repository / "binary").write_bytes(b"\0two")
    do(alone.repository, "add", "binary")
    do(alone.repository, "commit", "--quiet", "--message", "another binary")
    seen = see(git_in(alone.worktree), bases=("main",))
    assert [each.code for each in reasons(seen)] == ["unpushed"]


def test_a_commit_that_changes_nothing_is_not_merged(alone: Place) -> None:
    do(alone.worktree, "commit", "--quiet", "--allow-empty", "--message", "a note")
    commit(alone.repository, "more", "more")
    seen = see(git_in(alone.worktree), bases=("main",))
    assert [each.code for each in reasons(seen)] == ["unpushed"]


def test_repositories_within(alone: Place, tmp_path: Path) -> None:
    commit(alone.repository, ".gitignore", "ignored/\n")
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    origin = new_repository(tmp_path / "origin")
    (alone.worktree / "ignored").mkdir()
    do(alone.worktree / "ignored", "clone", "--quiet", str(origin), "clone")
    assert alone.codes() == []
    commit(alone.worktree / "ignored" / "clone", "own", "work")
    assert alone.codes() == ["nested-repository"]
    do(alone.worktree / "ignored" / "clone", "push", "--quiet", "origin", "main:pushed")
    assert alone.codes() == []
    do(alone.worktree, "clone", "--quiet", str(origin), "seen")
    (reason,) = reasons(see(git_in(alone.worktree)))
    assert (reason.code, reason.forceable) == ("nested-repository", False)


def test_a_submodule_with_work_of_its_own(alone: Place, tmp_path: Path) -> None:
    module = new_repository(tmp_path / "module")
    do(alone.repository, "submodule", "add", "--quiet", str(module), "module")
    do(alone.repository, "commit", "--quiet", "--message", "with a submodule")
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    assert alone.codes() == []
    do(alone.worktree, "submodule", "--quiet", "update", "--init")
    assert alone.codes() == []
    (alone.worktree / "module" / "new").write_text("work")
    assert "nested-repository" in alone.codes()
    commit(alone.worktree / "module", "new", "work")
    assert "nested-repository" in alone.codes()


def test_commits_of_a_submodule_that_is_not_checked_out_any_more(
    alone: Place, tmp_path: Path
) -> None:
    module = new_repository(tmp_path / "module")
    do(alone.repository, "submodule", "add", "--quiet", "--name", "a/b", str(module), "module")
    do(alone.repository, "commit", "--quiet", "--message", "with a submodule")
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    do(alone.worktree, "submodule", "--quiet", "update", "--init")
    do(alone.worktree / "module", "switch", "--quiet", "--create", "mine")
    commit(alone.worktree / "module", "new", "work")
    do(alone.worktree, "submodule", "--quiet", "deinit", "--force", "module")
    (found,) = reasons(see(git_in(alone.worktree)))
    assert (found.code, found.forceable) == ("nested-repository", False)
    assert found.examples[0].startswith("submodule a/b, not checked out: it has commits")
    own = Path(do(alone.worktree, "rev-parse", "--absolute-git-dir")) / "modules" / "a" / "b"
    do(module, "fetch", "--quiet", str(own), "mine:mine")
    do(own, "--work-tree=.", "fetch", "--quiet")
    assert alone.codes() == []


@pytest.mark.parametrize("where", ["ignored/clone", "module"])
def test_no_filter_that_a_repository_within_names_is_run(
    alone: Place, tmp_path: Path, where: str
) -> None:
    canary, trap = tmp_path / "canary", tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0" >> {canary}\ncat\n')
    trap.chmod(0o755)
    commit(alone.repository, ".gitignore", "ignored/\n")
    origin = new_repository(tmp_path / "origin")
    do(alone.repository, "submodule", "add", "--quiet", str(origin), "module")
    do(alone.repository, "commit", "--quiet", "--message", "with a submodule")
    do(alone.worktree, "merge", "--quiet", "--ff-only", "main")
    do(alone.worktree, "submodule", "--quiet", "update", "--init")
    do(alone.worktree, "clone", "--quiet", str(origin), "ignored/clone")
    within = alone.worktree / where
    do(within, "config", "filter.x.clean", str(trap))
    info = Path(do(within, "rev-parse", "--absolute-git-dir")) / "info"
    (info / "attributes").write_text("* filter=x\n")
    os.utime(within / "file-0", (1, 1))
    see(git_in(alone.worktree))
    assert not canary.exists()
    (example,) = alone.names("nested-repository")
    assert example.startswith(f"{where}: its own configuration names programs")


def test_what_cannot_be_looked_at_is_not_safe(
    alone: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nested, "ENTRIES", 1)
    assert alone.codes() == ["unknown"]
    (alone.worktree / ".git").write_text("gitdir: /nowhere\n")
    (reason,) = reasons(see(git_in(alone.worktree)))
    assert (reason.code, reason.forceable) == ("unknown", False)


def test_a_look_changes_nothing(alone: Place) -> None:
    (alone.worktree / "file-0").write_text("changed")
    own = Path(do(alone.worktree, "rev-parse", "--absolute-git-dir"))
    before = {path: path.stat().st_mtime_ns for path in own.rglob("*") if path.is_file()}
    assert alone.codes() == ["uncommitted"]
    assert {path: path.stat().st_mtime_ns for path in own.rglob("*") if path.is_file()} == before
