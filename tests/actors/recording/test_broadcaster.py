import logging

import pytest

from actors.messages.recording import Notice, Published
from actors.recording.broadcaster import Broadcaster
from tests.storage.histories import START


def notice(session_id: str) -> Published:
    return Published(session_id, 1, START, (), None)


def test_a_subscriber_hears_of_everything_or_of_one_session() -> None:
    broadcaster = Broadcaster()
    everything: list[Notice] = []
    of_one: list[Notice] = []
    broadcaster.subscribe(everything.append)
    broadcaster.subscribe(of_one.append, "one")
    for session_id in ("one", "two"):
        broadcaster.publish(notice(session_id))
    assert [each.session_id for each in everything] == ["one", "two"]
    assert [each.session_id for each in of_one] == ["one"]


def test_who_has_unsubscribed_hears_nothing_more() -> None:
    broadcaster = Broadcaster()
    heard: list[Notice] = []
    subscription = broadcaster.subscribe(heard.append)
    broadcaster.publish(notice("one"))
    subscription.unsubscribe()
    subscription.unsubscribe()
    broadcaster.publish(notice("one"))
    assert len(heard) == 1


def test_a_subscriber_that_fails_keeps_nothing_from_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broadcaster = Broadcaster()
    heard: list[Notice] = []

    def fail(_: Notice) -> None:
        raise ValueError("boom")

    broadcaster.subscribe(fail)
    broadcaster.subscribe(heard.append)
    with caplog.at_level(logging.ERROR):
        broadcaster.publish(notice("one"))
    assert len(heard) == 1
    assert "a subscriber failed" in caplog.text


def test_one_may_unsubscribe_while_it_is_told() -> None:
    broadcaster = Broadcaster()
    heard: list[Notice] = []
    subscription = broadcaster.subscribe(lambda _: subscription.unsubscribe())
    broadcaster.subscribe(heard.append)
    broadcaster.publish(notice("one"))
    assert len(heard) == 1
