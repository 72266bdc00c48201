"""What is remembered of directories: fresh enough, cheap enough, and never waited for too long."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from actors.adapters.system_clock import SystemClock
from actors.git.looks import FRESH_SECONDS, OLD_SECONDS, Looks
from actors.loose_threads import HELD_UP_SECONDS
from actors.ports import Clock
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.repositories import Repository, quick, worktree

PATIENCE_SECONDS = 30.0


@pytest.fixture
def home(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "home")


def looks_in(tmp_path: Path, clock: Clock, path: str | None = None) -> Looks:
    return Looks({"PATH": path or os.environ["PATH"], "HOME": str(tmp_path)}, clock)


def slow_git(tmp_path: Path) -> str:
    """A PATH with a git that waits for a file to come, as on a disk that does not answer."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\nwhile ! [ -e {tmp_path}/answers ]; do sleep 0.05; done\n")
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_a_worktree_and_a_directory_are_known(home: Repository, tmp_path: Path) -> None:
    home.worktree(tmp_path / "work")
    looks = looks_in(tmp_path, SystemClock())
    found = looks.known([worktree(home, tmp_path / "work")], PATIENCE_SECONDS)["one"]
    assert (found.location, found.branch) == ("there", "work")
    directory = looks.known([quick(home.place)], PATIENCE_SECONDS)["one"]
    assert (directory.location, directory.branch) == ("there", None)
    assert looks.fresh(quick(home.place)).result(PATIENCE_SECONDS).branch == "main"


def test_what_is_known_is_shown_while_it_is_looked_at_again(
    home: Repository, tmp_path: Path
) -> None:
    clock, place = FakeClock(), tmp_path / "work"
    home.worktree(place)
    looks, session = looks_in(tmp_path, clock), worktree(home, place)
    assert looks.known([session], PATIENCE_SECONDS)["one"].untracked == 0
    (place / "new").touch()
    assert looks.known([session], PATIENCE_SECONDS)["one"].untracked == 0
    clock.advance(FRESH_SECONDS + 1)
    eventually(lambda: looks.known([session], 0)["one"].untracked == 1)


def test_a_directory_that_went_came_or_was_replaced_is_known_at_once(
    home: Repository, tmp_path: Path
) -> None:
    """As `show` tells it, which looks for itself."""
    place, away = tmp_path / "work", tmp_path / "away"
    home.worktree(place)
    looks, session = looks_in(tmp_path, FakeClock()), worktree(home, place)

    def seen() -> str:
        known = looks.known([session], PATIENCE_SECONDS)["one"]
        fresh = looks.fresh(session).result(PATIENCE_SECONDS)
        assert (known.location, known.problem) == (fresh.location, fresh.problem)
        return known.location

    assert seen() == "there"
    place.rename(away)
    assert seen() == "gone"
    away.rename(place)
    assert seen() == "there"
    moved = home.place.rename(tmp_path / "moved")
    assert looks.known([session], PATIENCE_SECONDS)["one"].problem
    moved.rename(home.place)
    assert seen() == "there"
    (place / ".git").unlink()
    assert looks.known([session], PATIENCE_SECONDS)["one"].problem
    assert looks.known([quick(place)], PATIENCE_SECONDS)["one"].location == "there"
    shutil.rmtree(place)
    assert seen() == "gone"
    assert looks.known([quick(place)], PATIENCE_SECONDS)["one"].location == "gone"


def test_what_was_seen_long_ago_is_not_shown_while_it_can_be_seen_now(tmp_path: Path) -> None:
    clock, place = FakeClock(), tmp_path / "place"
    place.mkdir()
    looks, session = looks_in(tmp_path, clock), quick(place)
    assert looks.known([session], PATIENCE_SECONDS)["one"].location == "there"
    place.rmdir()
    clock.advance(OLD_SECONDS + 1)
    assert looks.known([session], PATIENCE_SECONDS)["one"].location == "gone"


def test_a_fresh_look_is_one_from_now_on(home: Repository, tmp_path: Path) -> None:
    home.worktree(tmp_path / "work")
    looks, session = looks_in(tmp_path, FakeClock()), worktree(home, tmp_path / "work")
    assert looks.known([session], PATIENCE_SECONDS)["one"].location == "there"
    shutil.rmtree(tmp_path / "work")
    assert looks.fresh(session).result(PATIENCE_SECONDS).location == "gone"
    assert looks.known([session], 0)["one"].location == "gone"


def test_one_that_does_not_answer_is_not_waited_for(home: Repository, tmp_path: Path) -> None:
    home.worktree(tmp_path / "work")
    clock = FakeClock()
    looks = looks_in(tmp_path, clock, slow_git(tmp_path))
    dead, well = worktree(home, tmp_path / "work"), quick(home.place)
    known = looks.known([dead], 0.01)["one"]
    assert (known.location, known.problem) == ("unknown", None)
    assert looks.known([well], PATIENCE_SECONDS)["one"].location == "there"
    clock.advance(HELD_UP_SECONDS)
    for _ in range(50):
        late = looks.known([dead], PATIENCE_SECONDS)["one"]
        assert late.location == "unknown"
        assert f"{tmp_path / 'work'} did not answer for 5 s" in str(late.problem)
        assert not looks.fresh(dead).done()
    lookers = [each for each in threading.enumerate() if each.name == "looker"]
    assert len(lookers) == 1
    (tmp_path / "answers").touch()
    eventually(lambda: looks.known([dead], 0)["one"].location == "there")
