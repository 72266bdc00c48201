"""Timers in a running tree whose time moves as the test says: they fire once, whoever sleeps."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pykka
import pytest

from actors.sessions.alarms import LOOK_SECONDS
from actors.sessions.directory import Directory
from actors.supervision import tell
from storage.errors import StorageFull
from storage.records import event as e
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import PATIENCE_SECONDS, House, house

SCRIPT = [{"when": ".", "reply": [{"text": "yes"}]}] * 50


class SettableClock(FakeClock):
    """Its time of day can be set, which no other clock of the machine notices."""

    def __init__(self) -> None:
        super().__init__()
        self._set_by = timedelta()

    def now(self) -> datetime:
        return super().now() + self._set_by

    def set_forward(self, seconds: float) -> None:
        self._set_by += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def timed(tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    with house(tmp_path, clock=clock) as running:
        running.converse(SCRIPT)
        yield running


def talking(timed: House) -> str:
    session_id: str = timed.create(worker={"type": "conversation"})["id"]
    timed.get("get-messages", session=session_id)
    return session_id


def set_timer(timed: House, session_id: str, seconds: float = 10, message: str = "go on") -> str:
    told = timed.get("set-timer", session=session_id, message=message, in_seconds=seconds)
    return str(told["timer_id"])


def said(timed: House, session_id: str) -> list[str]:
    """What it was asked, and answered already."""
    rounds = timed.get("get-history", session=session_id)["rounds"]
    done = [one for one in rounds if one["status"] == "completed"]
    return ["".join(part["text"] for part in one["request"]["content"]) for one in done]


def fired(timed: House, session_id: str) -> list[str]:
    events = timed.journal(session_id)
    return [event.timer_id for event in events if isinstance(event, e.TimerFired)]


def is_told(timed: House, session_id: str, *messages: str) -> None:
    """Wait for these requests, and no others."""
    eventually(lambda: said(timed, session_id) == list(messages), seconds=PATIENCE_SECONDS)


def sleeps(timed: House, clock: FakeClock, session_id: str) -> None:
    def is_passive() -> bool:
        if session_id in timed.awake():
            clock.advance(60)
        return session_id not in timed.awake()

    eventually(is_passive, seconds=PATIENCE_SECONDS)


def test_it_fires_when_it_is_due_and_once(timed: House, clock: FakeClock) -> None:
    session_id = talking(timed)
    timer = set_timer(timed, session_id)
    clock.advance(9.9)
    assert [one["timer_id"] for one in timed.get("list-timers", session=session_id)["timers"]] == [
        timer
    ]
    assert said(timed, session_id) == []
    clock.advance(0.1)
    is_told(timed, session_id, "go on")
    clock.advance(1000)
    assert fired(timed, session_id) == [timer]
    assert timed.get("list-timers", session=session_id) == {"timers": []}


def test_the_nearest_comes_first_whenever_it_was_set(timed: House, clock: FakeClock) -> None:
    session_id, other = talking(timed), talking(timed)
    set_timer(timed, session_id, 300, "late")
    set_timer(timed, session_id, 20, "soon")
    set_timer(timed, other, 10, "elsewhere")
    clock.advance(10)
    is_told(timed, other, "elsewhere")
    clock.advance(10)
    is_told(timed, session_id, "soon")
    assert said(timed, session_id) == ["soon"]
    clock.advance(280)
    is_told(timed, session_id, "soon", "late")
    assert said(timed, other) == ["elsewhere"]


def test_a_cancelled_one_is_not_heard_of_again(timed: House, clock: FakeClock) -> None:
    session_id = talking(timed)
    timer = set_timer(timed, session_id)
    assert timed.get("cancel-timer", session=session_id, timer_id=timer[:8])["cancelled"] is True
    clock.advance(1000)
    assert timed.refused("cancel-timer", session=session_id, timer_id=timer) == "timer-not-found"
    assert (said(timed, session_id), fired(timed, session_id)) == ([], [])


def test_a_session_that_sleeps_is_woken(timed: House, clock: FakeClock) -> None:
    session_id = talking(timed)
    set_timer(timed, session_id, 100_000)
    sleeps(timed, clock, session_id)
    assert timed.get("list-timers", session=session_id)["timers"]
    assert timed.awake() == set()
    clock.advance(100_000)
    is_told(timed, session_id, "go on")


def test_what_was_due_while_nothing_ran_fires_at_the_next_start(
    timed: House, clock: FakeClock
) -> None:
    session_id = talking(timed)
    timers = [set_timer(timed, session_id, 10, "one"), set_timer(timed, session_id, 20, "two")]
    set_timer(timed, session_id, 10_000, "three")
    timed.stop()
    clock.advance(100)
    timed.start()
    is_told(timed, session_id, "one", "two")
    timed.again()
    clock.advance(100)
    assert said(timed, session_id) == ["one", "two"]
    assert fired(timed, session_id) == timers


@pytest.mark.parametrize(
    ("hold", "free"),
    [("pause-session", ["resume-session"]), ("stop-session", ["start-session"]),
     ("archive-session", ["unarchive-session", "start-session"])],
)  # fmt: skip
def test_it_waits_for_its_session_to_run(
    timed: House, clock: FakeClock, hold: str, free: list[str]
) -> None:
    session_id = talking(timed)
    set_timer(timed, session_id)
    timed.get(hold, session=session_id)
    clock.advance(1000)
    timed.again()
    clock.advance(1000)
    assert timed.get("list-timers", session=session_id)["timers"]
    for request in free:
        assert said(timed, session_id) == []
        timed.get(request, session=session_id)
    is_told(timed, session_id, "go on")


def test_a_clock_that_was_set_is_seen_within_a_minute(timed: House, clock: SettableClock) -> None:
    """And one that is set back makes nothing fire twice."""
    session_id = talking(timed)
    timer = set_timer(timed, session_id, 86_400)
    clock.set_forward(86_400)
    clock.advance(LOOK_SECONDS)
    is_told(timed, session_id, "go on")
    clock.set_forward(-86_400)
    clock.advance(100_000)
    assert fired(timed, session_id) == [timer]


def test_a_clock_that_was_set_back_makes_nothing_fire_too_early(
    timed: House, clock: SettableClock
) -> None:
    session_id = talking(timed)
    set_timer(timed, session_id, 10)
    clock.set_forward(-100)
    clock.advance(50)
    assert said(timed, session_id) == []
    clock.advance(60)
    is_told(timed, session_id, "go on")


def test_nobody_is_woken_for_nothing(timed: House, clock: FakeClock) -> None:
    def looks_at() -> float:
        (ref,) = pykka.ActorRegistry.get_by_class(Directory)
        directory: Any = ref._actor_weakref()
        return float(directory._alarms._look_at)

    session_id = talking(timed)
    assert looks_at() == math.inf
    timer = set_timer(timed, session_id, 1000)
    eventually(lambda: looks_at() < math.inf, seconds=PATIENCE_SECONDS)
    timed.get("cancel-timer", session=session_id, timer_id=timer)
    clock.advance(LOOK_SECONDS)
    eventually(lambda: looks_at() == math.inf, seconds=PATIENCE_SECONDS)
    assert timed.get("list-timers", session=session_id)["timers"] == []


def test_a_fork_has_none_and_a_deleted_one_has_them_back_from_the_trash(
    timed: House, clock: FakeClock
) -> None:
    session_id = talking(timed)
    timed.get("request", session=session_id, content="hello")
    set_timer(timed, session_id, 1000)
    fork = timed.get("fork-session", session=session_id)
    assert fork["timers"] == []
    timed.get("delete-session", session=session_id)
    clock.advance(2000)
    assert timed.get("restore-session", session=session_id)["timers"]
    clock.advance(2000)
    assert said(timed, session_id) == ["hello"]
    timed.get("start-session", session=session_id)
    is_told(timed, session_id, "hello", "go on")
    assert said(timed, fork["id"]) == ["hello"]


def test_a_crash_of_the_directory_loses_none(timed: House, clock: FakeClock) -> None:
    session_id = talking(timed)
    timer = set_timer(timed, session_id, 30)
    ref: Any = timed.room.around.directory.ref
    tell(ref, None)  # which it does not know
    fires(timed, clock, session_id, 1)
    clock.advance(1000)
    is_told(timed, session_id, "go on")
    assert fired(timed, session_id) == [timer]


def fires(timed: House, clock: FakeClock, session_id: str, step: float) -> None:
    """Let the time pass until a timer fires."""

    def has_fired() -> list[str]:
        clock.advance(step)
        return fired(timed, session_id)

    eventually(has_fired, seconds=PATIENCE_SECONDS)


def test_what_the_disk_did_not_take_fires_when_it_does(timed: House, clock: FakeClock) -> None:
    session_id = talking(timed)
    timer = set_timer(timed, session_id)
    journal = timed.faulty(session_id)
    journal.failures = [StorageFull("no space left")]
    clock.advance(10)
    eventually(lambda: not journal.failures, seconds=PATIENCE_SECONDS)
    assert fired(timed, session_id) == []
    fires(timed, clock, session_id, LOOK_SECONDS)
    is_told(timed, session_id, "go on")
    assert fired(timed, session_id) == [timer]


def test_an_inbox_that_asks_twice_sets_one(timed: House, clock: FakeClock) -> None:
    session_id = talking(timed)
    request = {"type": "set-timer", "session": session_id, "message": "go on", "in_seconds": 10}
    told = [
        timed.post(request, request_id="one", again=again).result(PATIENCE_SECONDS).data
        for again in (False, True)
    ]
    assert told[0] == told[1]
    clock.advance(10)
    is_told(timed, session_id, "go on")
    assert fired(timed, session_id) == [told[0]["timer_id"]]
