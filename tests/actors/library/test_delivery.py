"""Events on their way to handlers."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from actors.library import delivery
from actors.library.delivery import Delivery
from actors.messages.recording import Published
from storage.records import event as e
from storage.records.conversation import TurnGrew
from storage.records.request import Refusal

AT = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)
SECONDS = 20.0


@pytest.fixture
def events() -> Iterator[Delivery]:
    made = Delivery()
    yield made
    made.close(SECONDS)


def renamed(number: int) -> Published:
    return Published("s", number, AT, (e.SessionUpdated({"title": f"t{number}"}),), None)


def titles(heard: list[dict[str, Any]]) -> list[str]:
    return [event["updates"]["title"] for event in heard]


def test_handlers_hear_in_order_in_one_thread_of_their_own(events: Delivery) -> None:
    heard: list[dict[str, Any]] = []
    threads: set[threading.Thread] = set()
    events.subscribe(None, heard.append)
    events.subscribe(None, lambda _: threads.add(threading.current_thread()))
    for number in range(100):
        events.say(renamed(number))
    assert events.drain(SECONDS)
    assert titles(heard) == [f"t{number}" for number in range(100)]
    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_what_was_said_before_is_not_heard(events: Delivery) -> None:
    gate = threading.Event()
    first: list[dict[str, Any]] = []
    later: list[dict[str, Any]] = []

    def slow(event: dict[str, Any]) -> None:
        gate.wait(SECONDS)
        first.append(event)

    events.subscribe(None, slow)
    events.say(renamed(1))
    events.say(renamed(2))
    events.subscribe(None, later.append)
    events.say(renamed(3))
    gate.set()
    assert events.drain(SECONDS)
    assert (titles(first), titles(later)) == (["t1", "t2", "t3"], ["t3"])


def test_events_that_come_as_json_and_signals(events: Delivery) -> None:
    heard: list[dict[str, Any]] = []
    events.subscribe("message-added", heard.append)
    events.say({"type": "message-added", "session_id": "s", "timestamp": "t", "message": {}})
    events.say(TurnGrew("s", "r", None))
    assert events.drain(SECONDS)
    assert [event["type"] for event in heard] == ["message-added"]


def test_handlers_that_are_too_slow_are_told_and_hear_no_more(
    events: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_WAITING", 3)
    gate, begun = threading.Event(), threading.Event()
    heard: list[dict[str, Any]] = []

    def slow(event: dict[str, Any]) -> None:
        heard.append(event)
        begun.set()
        gate.wait(SECONDS)

    subscription = events.subscribe("session-updated", slow)
    events.say(renamed(0))
    assert begun.wait(SECONDS)
    for number in range(1, 10):
        events.say(renamed(number))
    gate.set()
    assert events.drain(SECONDS)
    events.say(renamed(99))
    assert events.drain(SECONDS)
    assert [event["type"] for event in heard] == ["session-updated", "subscription-ended"]
    assert heard[-1]["error"]["code"] == "too-slow"
    assert subscription.ended
    assert subscription.ended.code == "too-slow"


def test_an_end_is_heard_whatever_was_asked_for(events: Delivery) -> None:
    heard: list[dict[str, Any]] = []
    subscription = events.subscribe("message-added", heard.append)
    events.say(Refusal(code="connection-lost", message="gone"))
    assert events.drain(SECONDS)
    assert [event["error"]["message"] for event in heard] == ["gone"]
    assert subscription.ended
    again: list[dict[str, Any]] = []
    events.subscribe(None, again.append)
    events.say(renamed(1))
    assert events.drain(SECONDS)
    assert titles(again) == ["t1"]


def test_a_handler_may_end_itself_and_cannot_wait_for_itself(events: Delivery) -> None:
    drained: list[bool] = []

    def once(_: dict[str, Any]) -> None:
        drained.append(events.drain(SECONDS))
        subscription.unsubscribe()

    subscription = events.subscribe(None, once)
    events.say(renamed(1))
    events.say(renamed(2))
    assert events.drain(SECONDS)
    assert drained == [False]
    assert subscription.ended is None


def test_closing_hands_over_what_was_said(events: Delivery) -> None:
    heard: list[dict[str, Any]] = []
    events.subscribe(None, heard.append)
    events.say(renamed(1))
    events.close(SECONDS)
    events.close(SECONDS)
    events.say(renamed(2))
    assert titles(heard) == ["t1"]
    assert events.drain(SECONDS)
    with pytest.raises(RuntimeError, match="closed"):
        events.subscribe(None, heard.append)


def test_a_handler_may_close(events: Delivery) -> None:
    heard: list[dict[str, Any]] = []
    closed = threading.Event()

    def last(event: dict[str, Any]) -> None:
        heard.append(event)
        events.close(SECONDS)
        closed.set()

    events.subscribe(None, last)
    events.say(renamed(1))
    assert closed.wait(SECONDS)
    assert titles(heard) == ["t1"]


def test_one_without_subscribers_has_no_thread(events: Delivery) -> None:
    events.say(renamed(1))
    assert events.drain(SECONDS)
    assert events._thread is None
