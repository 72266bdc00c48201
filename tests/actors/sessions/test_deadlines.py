"""Until when permission requests are waited for."""

from typing import Any

import pytest

from actors.sessions.deadlines import Deadlines
from storage.records.permission import PermissionRequest
from storage.records.session import QuickSession, Session
from tests.actors.decisions.given import ID, NOW
from tests.fakes.clock import FakeClock


class World:
    """`told` are the ids whose time has run out."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ends: dict[str, float] = {}
        self.told: list[str] = []
        self.deadlines = Deadlines(self.clock, self.ends, self.told.append)


@pytest.fixture
def world() -> World:
    return World()


def asking(**seconds: float) -> Session:
    asked: list[Any] = [
        PermissionRequest(
            id=name, session_id=ID, tool="t", server="s", hash="h", seconds_left=left, asked_at=NOW
        )
        for name, left in seconds.items()
    ]
    return QuickSession(
        id=ID,
        title="t",
        location_path="/",
        permissions=tuple(asked),
        created_at=NOW,
        updated_at=NOW,
    )


def test_each_is_told_once_at_its_own_deadline(world: World) -> None:
    world.deadlines.follow(asking(a=10, b=5))
    world.clock.advance(4.9)
    assert world.told == []
    world.clock.advance(0.1)
    assert world.told == ["b"]
    world.clock.advance(100)
    assert world.told == ["b", "a"]


def test_following_again_does_not_begin_again(world: World) -> None:
    world.deadlines.follow(asking(a=10))
    world.clock.advance(6)
    world.deadlines.follow(asking(a=10, b=10))
    world.clock.advance(4)
    assert world.told == ["a"]


def test_one_that_is_closed_is_not_waited_for(world: World) -> None:
    world.deadlines.follow(asking(a=10, b=10))
    world.deadlines.follow(asking(b=10))
    assert list(world.ends) == ["b"]
    world.deadlines.follow(None)
    world.clock.advance(100)
    assert (world.told, world.ends, world.clock.waiting) == ([], {}, [])


def test_stopping_gives_what_was_left_and_is_for_good(world: World) -> None:
    world.deadlines.follow(asking(a=10, b=2))
    world.clock.advance(3)
    assert world.deadlines.stop() == {"a": 7.0, "b": 0.0}
    world.deadlines.follow(asking(a=10))
    assert (world.clock.waiting, world.ends) == ([], {})
    assert world.deadlines.stop() == {}


def test_others_see_when_each_is_due(world: World) -> None:
    world.deadlines.follow(asking(a=10))
    assert world.ends == {"a": world.clock.monotonic() + 10}
