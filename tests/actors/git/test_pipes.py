"""Pipes with names that git reads."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.decisions.worktrees.safety import reasons
from actors.git.command import GitFailed
from actors.git.diff import diff
from actors.git.kept_trees import keep_tree
from actors.git.links import link_of
from actors.git.look import look
from actors.git.nested import nested_in
from actors.git.pipes import pipe_in, pipe_of_git, watched
from actors.git.safety import see
from actors.git.worktrees import administrations, points_to
from actors.messages import outcomes as o
from storage.records.request import Refusal
from tests.actors.git.places import do, git_in, new_repository
from tests.actors.git.removed_place import AT, FORCED, Place
from tests.fakes.repositories import Repository, plain_git, quick, worktree

Step = Callable[[Repository], str]


def keep_round(home: Repository) -> str:
    with pytest.raises(GitFailed) as failed:
        keep_tree(plain_git(home.place), "one", 3)
    return str(failed.value)


def changes(home: Repository) -> str:
    refused = diff(quick(home.place), plain_git(home.place), "text", 1 << 20)
    assert isinstance(refused, Refusal)
    return refused.message


def see_all(home: Repository) -> str:
    return see(plain_git(home.place)).problem or ""


def test_only_those_that_git_would_wait_for(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    os.mkfifo(tmp_path / "deep" / "queue")
    (tmp_path / ".gitignore").write_text("")
    (tmp_path / "deep" / ".mailmap").symlink_to("queue")
    assert pipe_in(tmp_path) is None
    os.mkfifo(tmp_path / "deep" / ".gitattributes")
    assert (pipe_in(tmp_path) or "").startswith(f"{tmp_path}/deep/.gitattributes is a pipe")


def test_a_worktree_with_one_is_refused_and_git_never_asked(tmp_path: Path) -> None:
    place = Place(tmp_path)
    os.mkfifo(place.worktree / ".gitignore")
    assert f"{place.worktree}/.gitignore is a pipe" in (place.remover().look(AT).problem or "")


def test_a_look_says_for_what_git_waited(home: Repository, work: Path) -> None:
    (work / "deep").mkdir()
    os.mkfifo(work / "deep" / ".gitignore")
    (work / "deep" / "file").write_text("")
    found = look(worktree(home, work), plain_git(Path("/")), AT)
    assert "/deep/.gitignore is a pipe" in (found.problem or "")


def test_one_above_the_directory_that_is_looked_at(home: Repository) -> None:
    os.mkfifo(home.place / ".gitignore")
    below = home.place / "below"
    below.mkdir()
    with pytest.raises(GitFailed, match=r"/\.gitignore is a pipe"):
        watched(plain_git(below)).ask("status", "--porcelain")


@pytest.mark.parametrize("step", [keep_round, changes, see_all])
def test_nothing_that_reads_the_files_waits_for_one(home: Repository, step: Step) -> None:
    os.mkfifo(home.place / ".gitignore")
    assert ".gitignore is a pipe or device" in step(home)


def test_a_pipe_in_place_of_what_leads_to_the_repository(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".git")
    assert link_of(tmp_path) is None


def leads_to(place: Place, name: str) -> Path:
    """One of git's own files of a worktree, `common/` those of its repository."""
    if name.startswith("common/"):
        return place.repository / ".git" / name.removeprefix("common/")
    return place.repository / ".git" / "worktrees" / "work" / name


@pytest.mark.parametrize(
    "name",
    ["HEAD", "commondir", "gitdir", "locked", "index", "common/config", "common/refs/heads/a/b"],
)
def test_one_among_the_files_of_git_is_told_at_once(tmp_path: Path, name: str) -> None:
    place = Place(tmp_path)
    path = leads_to(place, name)
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert (place.remover().look(AT).problem or "").startswith(f"{path} is a pipe")
    (reason,) = reasons(place.remover().look(AT))
    assert reason.code == "unknown"


@pytest.mark.parametrize("name", ["HEAD", "common/config", "common/packed-refs"])
def test_the_changes_say_for_which_of_them_git_waited(tmp_path: Path, name: str) -> None:
    place = Place(tmp_path)
    path = leads_to(place, name)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    refused = diff(place.session, git_in(Path("/")), "text", 1 << 20)
    assert isinstance(refused, Refusal)
    assert f"{path} is a pipe or device" in refused.message


def test_what_a_link_of_git_leads_to_counts_and_a_socket_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path)
    monkeypatch.chdir(place.repository / ".git")
    with socket.socket(socket.AF_UNIX) as own:
        own.bind("daemon.ipc")
    assert pipe_of_git(place.worktree) is None
    (place.repository / ".git" / "ORIG_HEAD").symlink_to("/dev/zero")
    assert "/.git/ORIG_HEAD is a pipe or device" in (pipe_of_git(place.worktree) or "")
    assert pipe_of_git(tmp_path) is None


def test_one_in_place_of_the_link_to_the_repository_holds_no_removal_up(tmp_path: Path) -> None:
    place = Place(tmp_path)
    (place.worktree / ".git").unlink()
    os.mkfifo(place.worktree / ".git")
    kept = place.remover().remove(FORCED, AT)
    assert isinstance(kept, o.WorktreeKept), kept
    assert "is no worktree any more" in kept.why
    refused = diff(place.session, git_in(place.repository), "text", 1 << 20)
    assert isinstance(refused, Refusal)


def test_one_among_the_files_of_a_repository_within_is_told(tmp_path: Path) -> None:
    place = Place(tmp_path)
    module = new_repository(tmp_path / "module")
    do(place.worktree, "submodule", "add", "--quiet", str(module), "module")
    do(place.worktree, "commit", "--quiet", "--message", "a submodule")
    clone = place.worktree / "clone"
    do(tmp_path, "clone", "--quiet", str(module), str(clone))
    own = place.repository / ".git" / "worktrees" / "work" / "modules" / "module"
    for head in (own / "HEAD", clone / ".git" / "HEAD"):
        head.unlink()
        os.mkfifo(head)
    told = {each.path: each.work or "" for each in nested_in(git_in(place.worktree), ())}
    assert told["clone"].startswith(f"{clone}/.git/HEAD is a pipe")
    assert told["module"].startswith(f"{own}/HEAD is a pipe")
    assert (place.remover().look(AT).problem or "").startswith(f"{own}/HEAD is a pipe")


def test_one_in_place_of_a_lock_or_a_link_is_no_worktree_of_ours(tmp_path: Path) -> None:
    place = Place(tmp_path)
    common = place.repository / ".git"
    own = common / "worktrees" / "work"
    reason = (own / "locked").read_text().strip()
    assert administrations(common, reason) == [own]
    assert points_to(place.worktree, own)
    for path in (own / "locked", place.worktree / ".git"):
        path.unlink()
        os.mkfifo(path)
    assert administrations(common, reason) == []
    assert not points_to(place.worktree, own)
