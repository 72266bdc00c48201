"""Repositories on disks that do not answer, here by a pipe that nobody writes to."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.git import removal, worktrees
from actors.recording import recording
from tests.actors.git.places import new_repository
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House

COUNT = recording.SYNC_THREADS + 4


class Dead:
    """Whoever `reads` is held up in the kernel, until the end of the test."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.readers = 0
        os.mkfifo(place)

    def reads(self, *_: Any, **__: Any) -> Any:
        self.readers += 1
        self.place.read_bytes()
        raise OSError(5, os.strerror(5))

    def answers(self) -> None:
        """Each gets its end of file."""
        while any(each.name == "outside" for each in threading.enumerate()):
            os.close(os.open(self.place, os.O_RDWR | os.O_NONBLOCK))
            time.sleep(0.01)


@pytest.fixture
def dead(tmp_path: Path) -> Iterator[Dead]:
    made = Dead(tmp_path / "dead")
    yield made
    made.answers()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "shop")


def test_creations_that_hang_hold_up_nobody_else_and_no_stop(
    greenroom: House, shop: Path, dead: Dead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "OUTSIDE_SECONDS", 0.1)
    monkeypatch.setattr(worktrees, "plan", dead.reads)
    request = {"type": "create-session", "session_type": "worktree", "repository": str(shop)}
    for _ in range(COUNT):
        greenroom.post(request)
    eventually(lambda: dead.readers >= recording.OUTSIDE_THREADS)
    session_id, worker_id = greenroom.shell()
    greenroom.shows(session_id, worker_id, "$ ")
    assert greenroom.get("list-trash") == {"sessions": []}
    greenroom.again()
    assert greenroom.record(session_id).id == session_id


def test_a_removal_that_hangs_is_taken_up_at_the_next_start(
    greenroom: House, shop: Path, dead: Dead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "OUTSIDE_SECONDS", 0.1)
    made = greenroom.create(
        session_type="worktree", repository=str(shop), branch="x", location_path=None
    )
    with monkeypatch.context() as hangs:
        hangs.setattr(removal.WorktreeRemover, "remove", dead.reads)
        greenroom.post({"type": "delete-session", "session": made["id"]})
        eventually(lambda: dead.readers)
        greenroom.stop()
    dead.answers()
    greenroom.start()
    eventually(lambda: greenroom.get("list-trash")["sessions"])
    assert not Path(made["worktree_path"]).exists()
