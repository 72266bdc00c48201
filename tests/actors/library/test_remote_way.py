"""Commands and events over a real control socket, and what becomes of them when it goes away."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from actors import library
from actors.control import control_actor, feed
from actors.library import Greenroom, remote_way
from actors.library.remote_way import RemoteWay
from actors.terminals.sockets import listen_unix
from storage.data_dir import DataDir
from storage.errors import AlreadyRunning
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House


@pytest.fixture
def client(open_greenroom: House) -> Iterator[Greenroom]:
    with library.open(open_greenroom.data.root) as greenroom:
        yield greenroom


def test_commands_of_many_threads_are_each_answered(
    client: Greenroom, open_greenroom: House
) -> None:
    session_id = open_greenroom.create()["id"]

    def rename(number: int) -> Any:
        asked = {"type": "update-session", "session": session_id, "updates": {"title": f"{number}"}}
        return client.dispatch(asked, 60).data["title"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(rename, range(40))) == [f"{number}" for number in range(40)]


def test_an_id_of_ones_own_comes_back_and_no_other(client: Greenroom) -> None:
    assert client.dispatch({"type": "list-sessions", "id": "mine"}).id == "mine"
    assert client.dispatch({"type": "list-sessions"}).id is None


@pytest.mark.parametrize("own_id", [7, "", "no id!", ["x"]])
def test_an_id_that_is_none_is_refused(client: Greenroom, own_id: Any) -> None:
    answer = client.dispatch({"type": "list-sessions", "id": own_id})
    assert answer.error
    assert (answer.error.code, answer.error.path) == ("bad-request", "$.id")


def test_an_id_that_still_waits_is_refused(client: Greenroom, open_greenroom: House) -> None:
    open_greenroom.converse([{"when": "", "reply": [{"text": "late"}], "delay_seconds": 0.5}])
    session_id = open_greenroom.create(config={})["id"]
    asked = {"type": "request", "id": "mine", "session": session_id, "content": "x"}
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(client.dispatch(asked, 60)))
    thread.start()
    way: Any = client._way
    eventually(lambda: "mine" in way._connection._waiting)
    again = client.dispatch({"type": "list-sessions", "id": "mine"})
    thread.join()
    assert again.error
    assert (again.error.code, again.error.path) == ("bad-request", "$.id")
    assert answers[0].data["text"] == "late"


def test_what_could_not_even_be_answered_is_not_sent(
    client: Greenroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    answer = client.dispatch({"type": "create-session", "metadata": {"x": deep}})
    assert answer.error
    assert answer.error.code == "bad-request"
    monkeypatch.setattr(remote_way, "FRAME_LIMIT_BYTES", 1000)
    answer = client.dispatch({"type": "create-session", "title": "x" * 2000})
    assert answer.error
    assert answer.error.code == "too-large"
    assert client.dispatch({"type": "list-sessions"}).ok


def test_an_answer_that_takes_too_long_says_so_and_the_next_one_comes(
    client: Greenroom, open_greenroom: House
) -> None:
    open_greenroom.converse([{"when": "", "reply": [{"text": "late"}], "delay_seconds": 0.3}])
    session_id = open_greenroom.create(config={})["id"]
    with pytest.raises(TimeoutError):
        client.dispatch({"type": "request", "session": session_id, "content": "x"}, 0.05)
    assert client.dispatch({"type": "list-sessions"}).ok


def test_a_daemon_that_ends_ends_subscriptions_and_refuses_commands(
    client: Greenroom, open_greenroom: House
) -> None:
    heard: list[Any] = []
    subscription = client.subscribe("message-added", heard.append)
    open_greenroom.stop()
    eventually(lambda: subscription.ended)
    answer = client.dispatch({"type": "list-sessions"})
    assert answer.error
    assert (answer.type, answer.error.code) == ("list-sessions", "connection-lost")
    assert client.drain()
    assert [event["error"]["code"] for event in heard] == ["connection-lost"]
    with pytest.raises(ConnectionError, match="open it again"):
        client.subscribe(None, heard.append)


def test_a_connection_that_was_closed_for_its_silence_is_made_again(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_actor, "IDLE_SECONDS", 0.05)
    with library.open(open_greenroom.data.root) as client:
        way: Any = client._way
        eventually(lambda: way._connection.is_lost)
        heard: list[Any] = []
        subscription = client.subscribe("session-created", heard.append)
        asked = {"type": "create-session", "location_path": str(open_greenroom.place)}
        assert client.dispatch(asked).ok
        assert client.drain()
        assert [event["type"] for event in heard] == ["session-created"]
        assert subscription.ended is None


def test_a_daemon_that_comes_back_is_used_again(client: Greenroom, open_greenroom: House) -> None:
    before: list[Any] = []
    subscription = client.subscribe(None, before.append)
    open_greenroom.again()
    asked = {"type": "create-session", "location_path": str(open_greenroom.place)}
    assert client.dispatch(asked).ok
    assert client.drain()
    assert [event["type"] for event in before] == ["subscription-ended"]
    assert subscription.ended
    after: list[Any] = []
    client.subscribe("session-created", after.append)
    made = client.dispatch(asked).data
    assert client.drain()
    assert [event["session_id"] for event in after] == [made["id"]]


def test_who_subscribes_again_and_looks_anew_misses_nothing_and_hears_nothing_twice(
    client: Greenroom, open_greenroom: House
) -> None:
    session_id = open_greenroom.create()["id"]
    heard: list[str] = []
    found: set[str] = set()
    ends: list[str] = []

    def follow() -> None:
        client.subscribe("message-added", hear)
        asked = {"type": "get-messages", "session": session_id}
        found.update(message["id"] for message in client.dispatch(asked).data["messages"])

    def hear(event: dict[str, Any]) -> None:
        if event["type"] == "message-added":
            heard.append(event["message"]["id"])
            return
        ends.append(event["error"]["code"])
        eventually(is_up.is_set)
        follow()

    is_up = threading.Event()
    is_up.set()
    follow()
    written = []
    for number in range(60):
        if number in {20, 40}:
            is_up.clear()
            open_greenroom.again()
        if number in {25, 45}:
            is_up.set()  # the follower comes back later than the daemon
        message = {"role": "user", "content": "x", "id": f"m{number}"}
        open_greenroom.get("add-message", session=session_id, message=message)
        written.append(message["id"])
    eventually(lambda: len(ends) == 2 and found.union(heard) == set(written))
    assert ends == ["connection-lost"] * 2
    assert heard == sorted(set(heard), key=written.index)
    assert len(heard) < len(written)


def test_one_who_listens_and_does_not_answer_is_no_daemon_to_talk_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_way, "CONNECT_SECONDS", 0.1)
    data = DataDir(tmp_path / "data")
    lock = data.lock()
    silent = listen_unix(data.control_socket)
    try:
        with pytest.raises(AlreadyRunning, match="does not answer"):
            library.open(data.root)
    finally:
        silent.close()
        lock.release()


def test_what_waits_when_the_daemon_ends_is_answered(
    client: Greenroom, open_greenroom: House
) -> None:
    open_greenroom.converse([{"when": "", "reply": [{"text": "late"}], "delay_seconds": 30}])
    session_id = open_greenroom.create(config={})["id"]
    asked = {"type": "request", "session": session_id, "content": "x"}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.dispatch, asked, 60)
        eventually(lambda: open_greenroom.record(session_id).open_requests == 1)
        open_greenroom.stop()
        answer = waiting.result(30)
    assert answer.error
    assert answer.error.code in {"connection-lost", "interrupted"}


def test_one_that_was_cut_can_subscribe_again(
    client: Greenroom, open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: list[Any] = []
    subscription = client.subscribe(None, first.append)
    monkeypatch.setattr(feed, "BACKLOG_LIMIT_BYTES", -1)
    session_id = open_greenroom.create()["id"]
    eventually(lambda: subscription.ended)
    assert [event["type"] for event in first] == ["subscription-ended"]
    assert first[0]["error"]["code"] == "too-slow"
    monkeypatch.undo()
    second: list[Any] = []
    client.subscribe(None, second.append)
    client.dispatch({"type": "update-session", "session": session_id, "updates": {"title": "x"}})
    assert client.drain()
    assert [event["type"] for event in second] == ["session-updated"]


def test_a_daemon_of_another_user_is_refused(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_way, "peer_uid", lambda _: -1)
    with pytest.raises(PermissionError, match="another user"):
        RemoteWay.connected(DataDir(open_greenroom.data.root))
