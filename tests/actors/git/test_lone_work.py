"""Work in repositories within a worktree that only git's own notes lead to: none is lost."""

import os
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from actors.git.own_refs import lonely, noted
from actors.git.remake import make_again
from actors.git.removal import WorktreeRemover
from actors.messages import outcomes as o
from storage.records.removal import Removal, RemovedWorktree
from tests.actors.git.places import commit, do, git_in, new_repository, new_worktree
from tests.actors.git.removed_place import AT, SAFELY, Place

ONLY_NOTED = "it has commits that only its HEAD, reflog or ORIG_HEAD has"
REBASE = ("rebase", "--interactive", "--autostash", "HEAD~1")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """With a submodule, checked out, that is pushed."""
    made = Place(tmp_path)
    source = new_repository(tmp_path / "source", commits=2)
    commit(source, ".gitignore", "*.log\n")
    do(made.worktree, "submodule", "add", "--quiet", str(source), "module")
    commit(made.worktree, ".gitignore", "ignored/\n*.tmp\n")
    do(made.repository, "merge", "--quiet", "--ff-only", "work")
    return made


@pytest.fixture
def module(place: Place) -> Path:
    return place.worktree / "module"


def refused(place: Place) -> str:
    done = place.remover().remove(SAFELY, AT)
    assert isinstance(done, o.RemovalRefused), done
    assert [each.code for each in done.reasons] == ["nested-repository"]
    assert place.worktree.is_dir()
    return "; ".join(done.reasons[0].examples)


def removed(place: Place) -> RemovedWorktree:
    return place.remove(SAFELY)


def forget(repository: Path) -> None:
    """As the reason advises."""
    do(repository, "reflog", "expire", "--expire=now", "--all")
    do(repository, "update-ref", "-d", "ORIG_HEAD")


def test_a_commit_on_the_detached_head_of_a_submodule_that_was_updated_since(
    place: Place, module: Path
) -> None:
    do(module, "checkout", "--quiet", "--detach")
    lost = commit(module, "precious", "work\n")
    do(place.worktree, "submodule", "--quiet", "update")
    assert do(module, "rev-parse", "HEAD") != lost
    told = refused(place)
    assert f"module: {ONLY_NOTED}, as {lost[:12]}; " in told
    forget(module)
    removed(place)


def test_the_same_in_a_submodule_that_is_not_checked_out_any_more(
    place: Place, module: Path
) -> None:
    do(module, "checkout", "--quiet", "--detach")
    commit(module, "precious", "work\n")
    do(place.worktree, "submodule", "--quiet", "update")
    do(place.worktree, "submodule", "--quiet", "deinit", "--force", "module")
    assert f"submodule module, not checked out: {ONLY_NOTED}" in refused(place)


def test_a_commit_that_a_clone_was_reset_away_from(place: Place, tmp_path: Path) -> None:
    clone = place.worktree / "ignored" / "clone"
    do(tmp_path, "clone", "--quiet", str(tmp_path / "source"), str(clone))
    lost = commit(clone, "precious", "work\n")
    do(clone, "reset", "--quiet", "--hard", "origin/main")
    assert f"ignored/clone: {ONLY_NOTED}, as {lost[:12]}; " in refused(place)
    do(clone, "reflog", "expire", "--expire=now", "--all")
    assert do(clone, "rev-parse", "ORIG_HEAD") == lost
    assert ONLY_NOTED in refused(place)
    forget(clone)
    removed(place)


def test_the_reflog_of_a_head_without_a_commit(module: Path) -> None:
    lost = commit(module, "precious", "work\n")
    do(module, "checkout", "--quiet", "--orphan", "empty")
    do(module, "branch", "--delete", "--force", "main")
    assert lonely(git_in(module), noted(git_in(module)), ["--remotes"]) == [lost]


def test_what_is_under_way_in_one_counts(place: Place, module: Path) -> None:
    (module / "file-0").write_text("put aside\n")
    environ = {
        **os.environ,
        "GIT_SEQUENCE_EDITOR": "sed -i s/^pick/edit/",
        "GIT_EDITOR": "true",
        "GIT_COMMITTER_NAME": "A Person",
        "GIT_COMMITTER_EMAIL": "person@example.org",
    }
    subprocess.run(["git", *REBASE], cwd=module, env=environ, capture_output=True, check=True)
    assert do(module, "status", "--porcelain") == ""
    assert "module: git is in the middle of something there: rebase" in refused(place)


def test_a_change_in_one_that_git_was_told_to_overlook_counts(place: Place, module: Path) -> None:
    do(module, "update-index", "--assume-unchanged", "file-0")
    (module / "file-0").write_text("hidden\n")
    assert "module: it has changes that are not committed" in refused(place)


def test_what_a_remote_rewrote_is_not_the_work_of_who_fetched_it(
    place: Place, module: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    do(source, "checkout", "--quiet", "-b", "topic")
    commit(source, "first", "a\n")
    do(module, "fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*")
    do(source, "commit", "--quiet", "--amend", "--message", "another")
    do(module, "fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*")
    assert len(do(module, "reflog", "origin/topic").splitlines()) == 2
    removed(place)


def test_a_worktree_of_another_repository_within_has_only_its_own_head_to_lose(
    place: Place, tmp_path: Path
) -> None:
    other = new_repository(tmp_path / "other")
    commit(other, "never", "pushed\n")
    within = place.worktree / "ignored" / "within"
    do(other, "worktree", "add", "--quiet", "--detach", str(within))
    lost = commit(within, "own", "work\n")
    assert f"ignored/within: {ONLY_NOTED}, as {lost[:12]}" in refused(place)
    do(other, "branch", "kept", lost)
    removed(place)


def test_the_undo_of_a_session_that_lies_in_a_submodule_is_not_lost(
    place: Place, module: Path, tmp_path: Path
) -> None:
    other = "mnopqrstuvwx"
    inner = new_worktree(module, tmp_path / "inner", other, "inner")
    session = replace(
        place.session, id=other, repository=str(module), worktree_path=str(inner), branch="inner"
    )
    (inner / "precious").write_text("work of the other\n")
    ref = f"refs/greenroom/recovery/{other}/20261122T054000000000Z"
    done = WorktreeRemover(session, git_in(module)).remove(Removal(ref=ref, force=True), AT)
    assert isinstance(done, o.WorktreeRemoved), done
    do(module, "branch", "--delete", "--force", "inner")
    assert f"module: the undo of session {other} lies in it" in refused(place)
    make_again(git_in(module), other, done.worktree)
    assert (inner / "precious").read_text() == "work of the other\n"


def test_files_of_rounds_that_lie_in_one_are_not_lost(place: Place, module: Path) -> None:
    do(module, "update-ref", "refs/greenroom/mnopqrstuvwx/12", "HEAD")
    assert "rounds of session mnopqrstuvwx lie in it" in refused(place)


def test_ignored_files_of_submodules_are_named(place: Place, module: Path) -> None:
    (module / "server.log").write_text("gone for good\n")
    (place.worktree / "own.tmp").write_text("")
    clone = place.worktree / "ignored" / "clone"
    do(place.worktree, "clone", "--quiet", str(module.parents[2] / "source"), str(clone))
    (clone / "also.log").write_text("")
    told = removed(place)
    assert told.ignored == ("ignored/", "own.tmp", "module/server.log")


def test_a_submodule_of_a_clone_that_is_not_checked_out_any_more(
    place: Place, tmp_path: Path
) -> None:
    clone = place.worktree / "ignored" / "clone"
    do(tmp_path, "clone", "--quiet", str(place.repository), str(clone))
    do(clone, "submodule", "--quiet", "update", "--init")
    commit(clone / "module", "precious", "work\n")
    do(clone, "submodule", "--quiet", "update")
    do(clone, "submodule", "--quiet", "deinit", "--force", "module")
    assert "submodule module, not checked out: it has commits" in refused(place)
