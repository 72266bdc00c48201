"""The whole greenroom starts on what a crash left of it, and brings to an end what was begun.

`recovery` goes the steps of a start without any process, so that thousands can be tried; here the
real tree starts, on fewer. Nothing that those steps find is missing after it, and every request
that was dropped has its answer.
"""

import json
import shutil
from pathlib import Path
from random import Random

import pytest

from tests.crash import marks as m
from tests.crash.calls import Mark, Tree
from tests.crash.chapters import Chapter, house_chapter
from tests.crash.disk import VARIANTS, Disk
from tests.crash.histories import Lines
from tests.crash.place import Place
from tests.crash.recovery import Found, recover
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House

CHANGES = 30


def started_on(here: Path, tree: Tree, dropped: set[str]) -> Found:
    """What is there after a start and an end, with every request answered in between."""
    place = Place(here / "house")
    place.become(tree)
    shutil.rmtree(place.root / "run", ignore_errors=True)
    house = House(here, fronts=True)
    try:
        house.start()
        answers = [house.data.outbox / name for name in dropped]
        eventually(lambda: all(path.exists() for path in answers), seconds=PATIENCE_SECONDS)
        assert all(json.loads(path.read_bytes())["ok"] for path in answers)
    finally:
        house.close()
    return recover(place.root)


def require_kept(before: Found, after: Found) -> None:
    assert after.problems == ()
    assert [one for one, answer in after.open_requests.items() if answer is not None] == []
    for session_id, lines in lines_of(before).items():
        assert lines_of(after)[session_id][: len(lines)] == lines
    for day, lines in before.days.items():
        assert after.days[day][: len(lines)] == lines


def lines_of(found: Found) -> dict[str, Lines]:
    return found.sessions | {one: shelf.lines for one, shelf in found.shelved.items()}


def start_again(here: Path, chapter: Chapter, count: int) -> int:
    """How many sessions were kept over so many starts."""
    random, kept = Random(count), 0
    for number in range(count):
        crash = random.randrange(len(chapter.calls))
        disk = Disk(chapter.layout)
        for call in chapter.calls[: crash + 1]:
            disk.apply(call)
        marks = [call.what for call in chapter.calls[: crash + 1] if isinstance(call, Mark)]
        tree = disk.state(random.randrange(len(VARIANTS)), f"{number}")
        room = here / f"again-{number}"
        room.mkdir()
        steps = Place(room / "steps")
        steps.become(tree)
        before = recover(steps.root)
        dropped = {mark.name for mark in marks if isinstance(mark, m.Dropped)}
        require_kept(before, started_on(room, tree, dropped))
        kept += len(before.sessions)
    return kept


def test_the_real_start_does_what_the_steps_do(here: Path) -> None:
    home = here / "home"
    home.mkdir()
    assert start_again(here, house_chapter(home, "real", CHANGES), 12) > 12


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_real_start_does_what_the_steps_do_often(here: Path) -> None:
    for number in range(5):
        home = here / f"home-{number}"
        home.mkdir()
        room = here / f"room-{number}"
        room.mkdir()
        assert start_again(room, house_chapter(home, f"real {number}", 2 * CHANGES), 60) > 60
