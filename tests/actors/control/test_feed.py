"""Subscriptions over the control socket, spoken by hand."""

from contextlib import ExitStack
from typing import Any

import pytest

from actors.control import control_actor, feed
from tests.actors.control.test_control_actor import LIST, Client, connected
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House


def subscribe(client: Client, **fields: Any) -> Any:
    client.send({"type": "subscribe", "id": "s", **fields})
    return client.receive()


def rename(greenroom: House, session_id: str, title: str) -> None:
    greenroom.get("update-session", session=session_id, updates={"title": title})


def listeners(greenroom: House) -> int:
    return len(greenroom.room.around.broadcaster._handlers)


def test_events_come_after_the_answer_flat_and_in_order(open_greenroom: House) -> None:
    session_id = open_greenroom.create()["id"]
    with connected(open_greenroom) as client:
        told = subscribe(client)
        assert told == {"id": "s", "type": "subscribe", "ok": True, "data": {"subscription": "s"}}
        for title in ("a", "b"):
            rename(open_greenroom, session_id, title)
        first, second = client.receive(), client.receive()
    assert (first["id"], first["type"]) == ("s", "event")
    assert first["event"].pop("timestamp").endswith("Z")
    assert first["event"] == {
        "n": 2,
        "type": "session-updated",
        "session_id": session_id,
        "updates": {"title": "a"},
    }
    assert second["event"]["updates"] == {"title": "b"}


def test_what_follows_from_a_request_comes_before_its_answer(open_greenroom: House) -> None:
    session_id = open_greenroom.create()["id"]
    with connected(open_greenroom) as client:
        subscribe(client)
        updates = {"title": "x"}
        client.send(
            {"type": "update-session", "id": "u", "session": session_id, "updates": updates}
        )
        assert [client.receive()["id"], client.receive()["id"]] == ["s", "u"]


def test_only_what_was_asked_for_is_sent(open_greenroom: House) -> None:
    mine, other = open_greenroom.create()["id"], open_greenroom.create()["id"]
    with connected(open_greenroom) as client:
        subscribe(client, events=["message-added", "session-deleted"], session=mine)
        message = {"role": "user", "content": "x"}
        rename(open_greenroom, mine, "x")
        for session_id in (other, mine):
            open_greenroom.get("add-message", session=session_id, message=message)
        found = client.receive()["event"]
        assert (found["type"], found["session_id"]) == ("message-added", mine)
        open_greenroom.get("delete-session", session=mine)
        assert client.receive()["event"]["type"] == "session-deleted"


def test_what_workers_do_is_told_to_those_who_ask_for_it(open_greenroom: House) -> None:
    session_id = open_greenroom.create()["id"]
    with connected(open_greenroom) as client, connected(open_greenroom) as other:
        subscribe(client, events=["worker-activity"], session=session_id)
        subscribe(other, session=session_id)
        talk = {"type": "conversation"}
        made = open_greenroom.get("create-worker", session=session_id, worker=talk)
        found = client.receive()["event"]
        assert (found["type"], found["worker_id"]) == ("worker-activity", made["id"])
        assert (found["activity"]["state"], found["activity"]["source"]) == ("idle", "protocol")
        open_greenroom.get("delete-worker", session=session_id, worker=made["id"])
        assert client.receive()["event"]["activity"] is None
        kinds: list[str] = []
        while kinds[-1:] != ["worker-deleted"]:
            kinds.append(other.receive()["event"]["type"])
        assert "worker-activity" not in kinds


def test_after_unsubscribing_nothing_comes(open_greenroom: House) -> None:
    session_id = open_greenroom.create()["id"]
    before = listeners(open_greenroom)
    with connected(open_greenroom) as client:
        subscribe(client)
        assert listeners(open_greenroom) == before + 1
        client.send({"type": "unsubscribe", "id": "u", "subscription": "s"})
        assert client.receive()["data"] == {"ended": True}
        client.send({"type": "unsubscribe", "subscription": "s"})
        assert client.receive() == {
            "id": None,
            "type": "unsubscribe",
            "ok": True,
            "data": {"ended": False},
        }
        rename(open_greenroom, session_id, "x")
        client.send(LIST)
        assert client.receive()["id"] == "mine"
        assert subscribe(client)["ok"]
    eventually(lambda: listeners(open_greenroom) == before)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"id": None}, "$.id"),
        ({"id": "no id!"}, "$.id"),
        ({"events": ["message-aded"]}, "$.events"),
        ({"events": "message-added"}, "$.events"),
        ({"colour": 1}, "$.colour"),
        ({"type": "unsubscribe"}, "$"),
    ],
)
def test_a_subscription_that_is_none_is_refused(
    open_greenroom: House, fields: dict[str, Any], path: str
) -> None:
    with connected(open_greenroom) as client:
        found = subscribe(client, **fields)
        assert (found["error"]["code"], found["error"]["path"]) == ("bad-request", path)
        client.send(LIST)
        assert client.receive()["ok"]


def test_a_type_that_is_no_text_is_no_subscription(open_greenroom: House) -> None:
    with connected(open_greenroom) as client:
        client.send({"type": ["subscribe"], "id": "s"})
        assert client.receive()["error"]["code"] == "bad-request"


def test_an_id_is_used_once_and_there_are_not_too_many(open_greenroom: House) -> None:
    with connected(open_greenroom) as client:
        assert subscribe(client)["ok"]
        assert subscribe(client)["error"]["path"] == "$.id"
        for number in range(1, feed.MOST_FEEDS):
            assert subscribe(client, id=f"s{number}")["ok"]
        assert subscribe(client, id="more")["error"]["code"] == "too-many-connections"


def test_a_slow_reader_is_cut_and_told_and_nobody_waits(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BACKLOG_LIMIT_BYTES", 100_000)
    session_id = open_greenroom.create()["id"]
    before = listeners(open_greenroom)
    with connected(open_greenroom) as slow, connected(open_greenroom) as quick:
        subscribe(slow)
        subscribe(quick)
        message = {"role": "user", "content": "x" * 50_000}
        for _ in range(40):
            open_greenroom.get("add-message", session=session_id, message=message)
            assert quick.receive()["event"]["type"] == "message-added"
        assert listeners(open_greenroom) == before + 1
        received = [slow.receive()]
        while "ok" not in received[-1]:
            received.append(slow.receive())
        assert received[-1]["error"]["code"] == "too-slow"
        assert {frame["event"]["type"] for frame in received[:-1]} == {"message-added"}
        assert len(received) < 40
        assert subscribe(slow)["ok"]
        rename(open_greenroom, session_id, "again")
        assert slow.receive()["event"]["type"] == "session-updated"


def test_what_waits_for_the_loop_is_bounded_too(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_WAITING", 0)
    session_id = open_greenroom.create()["id"]
    with connected(open_greenroom) as client:
        subscribe(client)
        rename(open_greenroom, session_id, "x")
        rename(open_greenroom, session_id, "y")
        assert client.receive()["error"]["code"] == "too-slow"
        client.send(LIST)
        assert client.receive()["ok"]


def test_who_only_listens_is_not_idle(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_actor, "IDLE_SECONDS", 0.05)
    session_id = open_greenroom.create()["id"]
    with ExitStack() as stack:
        listening = stack.enter_context(connected(open_greenroom))
        silent = stack.enter_context(connected(open_greenroom))
        subscribe(listening)
        assert silent.is_closed()
        rename(open_greenroom, session_id, "x")
        assert listening.receive()["event"]["type"] == "session-updated"


def test_subscriptions_of_a_loop_that_ended_are_forgotten(open_greenroom: House) -> None:
    session_id = open_greenroom.create()["id"]
    before = listeners(open_greenroom)
    with connected(open_greenroom) as client:
        subscribe(client)
        proxy: Any = open_greenroom.room.root.ref.proxy()
        proxy.child_ref("io_loop").get(timeout=10).tell("a message that nobody knows")
        assert client.is_closed()
        eventually(open_greenroom._runs)
        rename(open_greenroom, session_id, "x")
        eventually(lambda: listeners(open_greenroom) == before)
