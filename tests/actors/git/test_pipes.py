"""Pipes with names that git reads."""

import os
from pathlib import Path

import pytest

from actors.git import look as module
from actors.git.look import look
from actors.git.pipes import pipe_in
from tests.actors.git.removed_place import AT, Place
from tests.fakes.repositories import Repository, plain_git, worktree


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


def test_a_look_says_for_what_git_waited(
    home: Repository, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 1.0)
    (work / "deep").mkdir()
    os.mkfifo(work / "deep" / ".gitignore")
    (work / "deep" / "file").write_text("")
    found = look(worktree(home, work), plain_git(Path("/")), AT)
    assert "/deep/.gitignore is a pipe" in (found.problem or "")
