from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from actors.decisions.session_activity import (
    activity_of,
    conversation_activity,
    session_activity,
)
from storage.records.session import QuickSession
from storage.records.worker import Activity, ConversationWorker, TerminalWorker, Worker

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def worker(name: str, **more: Any) -> Worker:
    fields: dict[str, Any] = {"id": name, "name": name.upper(), "created_at": START}
    return TerminalWorker(**fields | {"status": "running"} | more)


def session(*workers: Worker, **more: Any) -> QuickSession:
    fields: dict[str, Any] = {"id": "s", "title": "t", "location_path": "/", "workers": workers}
    return QuickSession(**fields | {"created_at": START, "updated_at": START} | more)


def seen(state: Any, seconds: float = 0, text: str = "") -> Activity:
    since = START + timedelta(seconds=seconds)
    return Activity(state=state, source="screen", since=since, text=text)


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (("idle", "asking", "active", "unknown"), "asking"),
        (("idle", "active", "unknown"), "active"),
        (("idle", "unknown"), "unknown"),
        (("idle", "idle"), "idle"),
    ],
)
def test_who_asks_is_told_of_before_who_works_and_so_on(states: tuple[Any, ...], told: str) -> None:
    made = session(*(worker(f"w{number}") for number in range(len(states))))
    known = {f"s/w{number}": seen(state, 0, state) for number, state in enumerate(states)}
    found = session_activity(made, known)
    assert found is not None
    assert (found.state, found.text) == (told, told)
    assert found.worker == f"w{states.index(told)}"
    assert found.name == found.worker.upper()


def test_of_several_the_one_that_waits_longest_is_told_and_of_those_at_rest_the_last() -> None:
    made = session(worker("a"), worker("b"))
    asking = {"s/a": seen("asking", 9), "s/b": seen("asking", 5)}
    resting = {"s/a": seen("idle", 9), "s/b": seen("idle", 5)}
    found = [session_activity(made, known) for known in (asking, resting)]
    assert [each and each.worker for each in found] == ["b", "a"]


def test_what_does_not_run_does_nothing() -> None:
    made = session(worker("a", status="exited"), worker("b", status="quarantined"))
    assert session_activity(made, {"s/a": seen("asking")}) is None
    assert session_activity(session(), {}) is None


def test_a_program_that_nobody_watched_yet_is_unknown_since_it_was_made() -> None:
    made = session(worker("a"))
    assert activity_of(made, "a", {}) == replace(seen("unknown"), since=START)
    assert activity_of(made, "nobody", {}) is None


def test_a_conversations_activity_follows_from_its_requests() -> None:
    chat = ConversationWorker(id="c", name="chat", status="running", created_at=START)
    later = START + timedelta(seconds=60)
    asked = session(chat, open_requests=1, updated_at=later)
    found = activity_of(asked, "c", {})
    assert found == Activity(state="active", source="protocol", since=later)
    began = conversation_activity(asked, None, START)
    assert conversation_activity(asked, began, later) == began
    ended = conversation_activity(session(chat), began, later)
    assert (ended.state, ended.since) == ("idle", later)
