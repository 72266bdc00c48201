"""Looks and changes as every front asks for them, over a whole tree."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from actors.git.looks import FRESH_SECONDS
from actors.sessions.worktrees_shown import DIFF_SECONDS, LOOK_SECONDS
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import House, house
from tests.fakes.repositories import Repository


@pytest.fixture
def home(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "home")


def listed(house: House, session_id: str) -> tuple[Any, Any]:
    """As `ls` and as `status` have it."""
    both = [house.get(kind)["sessions"] for kind in ("list-sessions", "get-status")]
    first, second = ({each["id"]: each for each in sessions}[session_id] for sessions in both)
    return first, second


def test_every_session_says_whether_its_directory_is_there(
    greenroom: House, tmp_path: Path
) -> None:
    place = tmp_path / "own"
    place.mkdir()
    session_id = greenroom.create(location_path=str(place))["id"]
    for shown in listed(greenroom, session_id):
        assert (shown["location"], shown["worktree"]) == ("there", None)
    place.rmdir()

    def gone() -> bool:
        return all(each["location"] == "gone" for each in listed(greenroom, session_id))

    eventually(gone, seconds=FRESH_SECONDS + 30)
    assert greenroom.get("get-worktree", session=session_id)["location"] == "gone"
    assert greenroom.get("get-session", session=session_id)["id"] == session_id


def test_git_is_asked_in_any_directory(greenroom: House, home: Repository) -> None:
    session_id = greenroom.create(location_path=str(home.place))["id"]
    (home.place / "new").write_text("x\n")
    look = greenroom.get("get-worktree", session=session_id)
    assert (look["branch"], look["untracked"], look["problem"]) == ("main", 1, None)
    for form in ("text", "patch", "files", "summary"):
        told = greenroom.get("get-diff", session=session_id, form=form)
        assert told["summary"] == {"files": 1, "added": 1, "removed": 0, "binary": 0}
        assert (told["text"] is not None) == (form in {"text", "patch"})
        assert (told["files"][0]["hunks"] is not None) == (form == "files")


def test_what_cannot_be_compared_is_refused(greenroom: House) -> None:
    session_id = greenroom.create()["id"]
    assert greenroom.refused("get-diff", session=session_id) == "not-in-git"
    assert greenroom.refused("get-diff", session=session_id, form="x") == "bad-request"
    assert greenroom.refused("get-diff", session=session_id, max_bytes=0) == "bad-request"
    assert greenroom.refused("get-diff", session="nobody") == "session-not-found"
    assert greenroom.refused("get-worktree", session="nobody") == "session-not-found"
    shutil.rmtree(greenroom.place)
    assert greenroom.refused("get-diff", session=session_id) == "directory-missing"


def test_a_disk_that_does_not_answer_holds_up_nobody(tmp_path: Path, home: Repository) -> None:
    """Git stands in for it: one that never ends. Status and listings answer all the same."""
    clock, stand_in = FakeClock(), tmp_path / "bin"
    stand_in.mkdir()
    git = stand_in / "git"
    git.write_text(f"#!/bin/sh\nwhile ! [ -e {tmp_path}/end ]; do sleep 0.05; done\n")
    git.chmod(0o755)
    with house(tmp_path, clock=clock) as running:
        session_id = running.create(location_path=str(home.place))["id"]
        running.environ["PATH"] = f"{stand_in}:{os.environ['PATH']}"
        running.again()
        look = running.post({"type": "get-worktree", "session": session_id})
        diff = running.post({"type": "get-diff", "session": session_id})
        for shown in listed(running, session_id):
            assert shown["location"] == "there"
        assert not look.done()
        clock.advance(max(LOOK_SECONDS, DIFF_SECONDS))
        found = look.result(30).data
        assert (found.location, "did not answer" in found.problem) == ("unknown", True)
        refused = diff.result(30).error
        assert refused is not None
        assert refused.code == "git-failed"
        (tmp_path / "end").touch()
