"""Git as greenroom runs it: real repositories, with everything hostile that they can name."""

import os
import subprocess
import threading
from pathlib import Path

import pytest

from actors.git.command import Git, GitFailed, GitMissing
from actors.inherited import UMASK


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """With one commit on `main`."""
    place = tmp_path / "repository"
    place.mkdir()
    for words in (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "A Person"),
        ("config", "user.email", "person@example.org"),
        ("commit", "--quiet", "--allow-empty", "--message=first"),
    ):
        subprocess.run(["git", *words], cwd=place, check=True)
    return place


def git_in(place: Path, **environ: str) -> Git:
    return Git(place, {"PATH": os.environ["PATH"], "HOME": str(place.parent), **environ})


def test_it_says_what_git_says(repository: Path) -> None:
    git = git_in(repository)
    assert git.ask("symbolic-ref", "--short", "HEAD") == "main"
    assert git.ask("hash-object", "--stdin", stdin=b"x").startswith("c1b0730")
    refused = git.run("rev-parse", "--verify", "--quiet", "nothing")
    assert (refused.status, refused.out) == (1, b"")


def test_a_failure_has_gits_words(repository: Path) -> None:
    with pytest.raises(GitFailed, match="unknown revision") as failed:
        git_in(repository).ask("log", "nothing")
    assert failed.value.status == 128


def test_variables_that_point_elsewhere_are_left_out(repository: Path, tmp_path: Path) -> None:
    git = git_in(repository, GIT_DIR=str(tmp_path), GIT_WORK_TREE="/", GIT_INDEX_FILE="/nowhere")
    assert git.ask("rev-parse", "--show-toplevel") == str(repository)


def test_nothing_that_a_repository_names_is_run(repository: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $@" >> {canary}\n')
    trap.chmod(0o755)
    hooks = repository / ".git" / "hooks"
    for name in ("post-checkout", "reference-transaction", "pre-commit", "post-index-change"):
        (hooks / name).symlink_to(trap)
    git = git_in(repository)
    for name, value in (
        ("core.hooksPath", str(hooks)),
        ("core.fsmonitor", str(trap)),
        ("core.pager", str(trap)),
        ("core.editor", str(trap)),
        ("gpg.program", str(trap)),
        ("commit.gpgSign", "true"),
        ("log.showSignature", "true"),
        ("protocol.ext.allow", "always"),
        ("remote.origin.url", f"ext::{trap}"),
    ):
        git.ask("config", name, value)
    mark = "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n"
    signed = git.ask("cat-file", "commit", "HEAD").replace("\n\n", mark, 1) + "\n"
    words = ("hash-object", "-t", "commit", "-w", "--stdin")
    git.ask("update-ref", "refs/heads/main", git.ask(*words, stdin=signed.encode()))
    git.ask("log", "-1", "--format=%s")
    git.ask("log", "--walk-reflogs", "--format=%H", "HEAD", "--")
    (repository / "file").write_text("content")
    git.ask("status", "--porcelain")
    git.ask("add", "--all")
    git.ask("commit", "--quiet", "--message=second")
    git.ask("worktree", "add", "--quiet", "-b", "other", "--", str(tmp_path / "other"), "HEAD")
    git.ask("log", "--oneline")
    assert git.run("fetch", "origin").status != 0
    assert git.run("fetch", "--", str(repository)).status != 0
    assert not canary.exists(), canary.read_text()


def test_what_takes_too_long_is_ended_with_all_that_it_started(
    repository: Path, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    alias = f"alias.wait=!touch {began}; sleep 60 & sleep 60"
    with pytest.raises(GitFailed, match="took longer than"):
        git_in(repository).run("-c", alias, "wait", seconds=2.0)
    assert began.exists()
    left = subprocess.run(["pgrep", "-f", str(began)], capture_output=True, text=True, check=False)
    assert left.stdout == ""


def test_more_than_was_asked_for_is_cut(repository: Path) -> None:
    done = git_in(repository).run("-c", "alias.much=!yes", "much", limit=1000)
    assert (len(done.out), done.is_cut) == (1000, True)


def test_without_the_program_it_is_said(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(GitMissing, match="install it"):
        Git(repository, {"PATH": str(tmp_path)}).ask("status")


def test_a_directory_that_has_gone_is_no_missing_program(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        git_in(tmp_path / "gone").run("status")


def test_a_worktree_that_another_git_is_just_making_is_waited_for(repository: Path) -> None:
    half = repository / ".git" / "worktrees" / "half"
    half.mkdir(parents=True)
    (half / "gitdir").write_text(f"{repository}/half/.git\n")
    (half / "HEAD").write_text("ref: refs/heads/main\n")
    (half / "commondir").write_text("")
    git = git_in(repository)
    assert "commondir" in git._run(("worktree", "list"), {}, b"", 60.0, 1000, ()).error
    answered: list[str] = []
    asking = threading.Thread(target=lambda: answered.append(git.ask("worktree", "list")))
    asking.start()
    (half / "commondir").write_text("../..\n")
    asking.join(30)
    assert str(repository / "half") in answered[0]


def test_one_that_is_not_wanted_any_more_is_ended(repository: Path, tmp_path: Path) -> None:
    began = tmp_path / "began"
    git = git_in(repository).until(began.exists)
    with pytest.raises(GitFailed, match="greenroom stops"):
        git.run("-c", f"alias.wait=!touch {began}; sleep 60", "wait")


def test_files_are_the_users_whatever_greenrooms_own_umask_is(repository: Path) -> None:
    (repository / "file").write_text("content")
    git = git_in(repository)
    git.ask("add", "file")
    (repository / "file").unlink()
    before = os.umask(0o077)
    try:
        git.ask("checkout-index", "file")
    finally:
        os.umask(before)
    assert (repository / "file").stat().st_mode & 0o777 == 0o666 & ~UMASK


def test_errors_without_end_take_no_room(repository: Path) -> None:
    script = "!stat -Lc %F /proc/self/fd/2; head -c 9000000 /dev/zero | tr '\\0' e >&2"
    done = git_in(repository).run("-c", f"alias.loud={script}", "loud")
    assert (done.status, done.text) == (0, "fifo")
    assert len(done.error) == 1 << 16
