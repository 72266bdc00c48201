"""A removal that fails at some step: files are in their place, or in a copy that comes back."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from actors.git import removal as module
from actors.git.emptying import emptied
from actors.git.left_places import PARKED, REMOVING
from actors.git.removal import WorktreeRemover
from actors.messages import outcomes as o
from storage.records.removal import Removal
from tests.actors.git.places import do, files_of, git_in
from tests.actors.git.removed_place import (
    AT,
    FORCED,
    REF,
    SAFELY,
    SESSION,
    Place,
    cut_short,
)

LATER = Removal(ref=f"{REF[:-4]}999Z", force=True)
ODD = os.fsdecode(b"b\xff")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def dying_git(place: Place, words: str) -> str:
    """A PATH whose git is killed at these words once the worktree is not in its place."""
    own = place.repository.parent / "bin"
    own.mkdir()
    real = shutil.which("git")
    script = own / "git"
    script.write_text(
        f'#!/bin/sh\ncase "$*" in *"{words}"*) [ -e {place.worktree} ] || kill -9 $$;; esac\n'
        f'exec {real} "$@"\n'
    )
    script.chmod(0o755)
    return f"{own}:{os.environ['PATH']}"


def test_what_fails_once_all_is_kept_is_a_note_and_all_comes_back(place: Place) -> None:
    place.fill()
    before = place.everything()
    git = git_in(place.repository, PATH=dying_git(place, "worktree list"))
    done = WorktreeRemover(place.session, git).remove(FORCED, AT)
    assert isinstance(done, o.WorktreeRemoved), done
    assert any("git may still list it" in note for note in done.worktree.notes)
    place.restore(done.worktree)
    assert place.everything() == before


@pytest.mark.parametrize("kind", [PARKED, REMOVING])
def test_a_later_one_takes_up_what_an_earlier_one_left(
    place: Place, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    place.fill()
    before = place.everything()
    where, name = (WorktreeRemover, "_kept_parked") if kind == PARKED else (module, "emptied")
    cut_short(place, monkeypatch, FORCED, where, name, "before")
    assert [path.name for path in place.worktree.parent.glob(f"{kind}*")]
    seen = place.remover().look(AT)
    assert (seen.absent, seen.problem) == (None, None)
    removed = place.remove(LATER)
    assert removed.ref == (LATER.ref if kind == PARKED else REF)
    place.restore(removed)
    assert place.everything() == before


def test_any_fault_before_all_is_kept_puts_it_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fill()
    before = place.everything()

    def too_deep(*_: Any) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(module, "nested_in", too_deep)
    done = place.remover().remove(FORCED, AT)
    assert isinstance(done, o.RemovalRefused)
    assert done.message.endswith("could not be removed, and stays: too deep")
    assert place.everything() == before


def test_a_branch_that_is_no_text_comes_back_too(place: Place) -> None:
    place.fill()

    def clean_up(path: Path) -> None:
        do(path, "checkout", "--quiet", "-b", ODD)
        (path / "made").write_text("by the clean-up\n")

    removed = place.remove(clean_up=clean_up)
    assert removed.branch == r"b\xff"
    assert place.restore(removed) == ()
    assert git_in(place.worktree).ask("symbolic-ref", "HEAD") == f"refs/heads/{ODD}"
    assert (place.worktree / "made").read_text() == "by the clean-up\n"
    assert place.remove().branch == r"b\xff"


@pytest.mark.parametrize("when", ["in the clean-up", "at the last moment"])
def test_who_came_to_work_in_it_meanwhile_is_not_cut_off_without_force(
    place: Place, when: str
) -> None:
    before = files_of(place.worktree)
    at_work: list[str] = []

    def others(path: Path) -> tuple[str, ...]:
        is_parked = path.name.startswith(PARKED)
        return (
            ("process 4711 (make)",) if at_work or (is_parked and when != "in the clean-up") else ()
        )

    def clean_up(_: Path) -> None:
        if when == "in the clean-up":
            at_work.append("make")

    done = place.remover(others=others, clean_up=clean_up).remove(SAFELY, AT)
    assert isinstance(done, o.RemovalRefused), done
    assert files_of(place.worktree) == before
    at_work.clear()
    assert place.remove(FORCED, others=others, clean_up=clean_up).ref == REF


def test_the_text_of_a_refusal_is_text(place: Place) -> None:
    def clean_up(path: Path) -> None:
        raise OSError(f"{path}/{ODD} is odd")

    done = place.remover(clean_up=clean_up).remove(FORCED, AT)
    assert isinstance(done, o.RemovalRefused)
    assert done.message.encode().endswith(b" is odd")
    assert SESSION in do(place.repository, "worktree", "list", "--porcelain")


def test_a_path_that_is_too_long_is_told_in_one_sentence(place: Place) -> None:
    here = os.open(place.worktree, os.O_RDONLY)
    for _ in range(40):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    refused = place.remover().remove(FORCED, AT)
    assert isinstance(refused, o.RemovalRefused)
    assert "more than git can take" in refused.message
    assert "move or remove what lies that deep" in refused.message
    assert len(refused.message) < 700
    assert place.worktree.is_dir()
    assert emptied(place.worktree) is None
