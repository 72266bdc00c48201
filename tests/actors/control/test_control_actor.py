"""The control socket, spoken to by hand."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from actors.control import control_actor, frames
from tests.fakes.actors import eventually
from tests.fakes.greenroom import PATIENCE_SECONDS, House

LIST = {"type": "list-sessions", "id": "mine"}


class Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._left = b""

    def send(self, *requests: Any) -> None:
        for request in requests:
            self.send_raw(json.dumps(request).encode())

    def send_raw(self, payload: bytes) -> None:
        self.connection.sendall(len(payload).to_bytes(4, "big") + payload)

    def receive(self) -> Any:
        size = int.from_bytes(self._read(4), "big")
        return json.loads(self._read(size))

    def answers(self, count: int) -> dict[str, Any]:
        """By id, without what only shows progress."""
        found: dict[str, Any] = {}
        while len(found) < count:
            frame = self.receive()
            if "ok" in frame:
                found[f"{frame['id']}"] = frame
        return found

    def is_closed(self) -> bool:
        try:
            return self.connection.recv(1) == b""
        except ConnectionResetError:
            return True

    def _read(self, size: int) -> bytes:
        while len(self._left) < size:
            received = self.connection.recv(1 << 16)
            assert received, "closed"
            self._left += received
        taken, self._left = self._left[:size], self._left[size:]
        return taken


@contextmanager
def connected(greenroom: House) -> Iterator[Client]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(str(greenroom.data.control_socket))
        yield Client(connection)


def works(greenroom: House) -> bool:
    with connected(greenroom) as client:
        client.send(LIST)
        return bool(client.receive()["ok"])


def test_many_requests_of_one_connection_are_all_answered(open_greenroom: House) -> None:
    session_id = open_greenroom.create()["id"]
    with connected(open_greenroom) as client:
        client.send(
            *(
                {
                    "type": "update-session",
                    "id": f"r{number}",
                    "session": session_id,
                    "updates": {"title": f"t{number}"},
                }
                for number in range(50)
            )
        )
        found = client.answers(50)
    assert all(found[f"r{number}"]["data"]["title"] == f"t{number}" for number in range(50))


def test_only_its_own_user_can_reach_it(open_greenroom: House) -> None:
    assert open_greenroom.data.control_socket.stat().st_mode & 0o777 == 0o600


def test_another_user_is_hung_up_on(open_greenroom: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_actor, "peer_uid", lambda _: os.geteuid() + 1)
    with connected(open_greenroom) as client:
        assert client.is_closed()


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b"[" * 10_000, b'{"a": 1, "a": 2}']
)
def test_garbage_in_a_frame_is_refused_and_the_connection_stays(
    open_greenroom: House, payload: bytes
) -> None:
    with connected(open_greenroom) as client:
        client.send_raw(payload)
        found = client.receive()
        assert (found["ok"], found["error"]["code"]) == (False, "bad-request")
        client.send(LIST)
        assert client.receive()["ok"]


def test_a_request_that_is_none_is_refused_with_its_path(open_greenroom: House) -> None:
    with connected(open_greenroom) as client:
        client.send([], {"type": "make-coffee", "id": "c"}, {"type": "create-session", "title": 7})
        codes = [(f["id"], f["error"]["code"], f["error"]["path"]) for f in several(client, 3)]
    assert codes == [
        (None, "bad-request", "$"),
        ("c", "unknown-type", "$.type"),
        (None, "bad-request", "$.title"),
    ]


def several(client: Client, count: int) -> list[Any]:
    return [client.receive() for _ in range(count)]


def test_a_length_beyond_the_limit_ends_that_connection_alone(open_greenroom: House) -> None:
    with connected(open_greenroom) as client:
        client.connection.sendall(b"\xff\xff\xff\xff")
        assert client.is_closed()
    assert works(open_greenroom)


def test_a_peer_that_vanishes_harms_nobody(open_greenroom: House) -> None:
    for sent in (b"", b"\0\0", b"\0\0\0\x50{", b"\0\0\0\x1c" + json.dumps(LIST).encode()[:28]):
        with connected(open_greenroom) as client:
            client.connection.sendall(sent)
    open_greenroom.converse([{"when": "", "reply": [{"text": "late"}], "delay_seconds": 0.2}])
    session_id = open_greenroom.create(worker={"type": "conversation"})["id"]
    with connected(open_greenroom) as client:
        client.send({"type": "request", "id": "r", "session": session_id, "content": "x"})
        assert client.receive()["id"] == "r"
    rounds = open_greenroom.get("get-history", session=session_id)["rounds"]
    assert len(rounds) == 1
    eventually(lambda: open_greenroom.record(session_id).open_requests == 0)
    assert works(open_greenroom)


def test_a_reader_too_slow_is_dropped_and_the_others_are_served(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "OUT_LIMIT_BYTES", 100_000)
    for number in range(20):
        open_greenroom.create(title=f"{number:0200}")
    with connected(open_greenroom) as slow:
        with suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(300):
                slow.send(LIST)
        assert works(open_greenroom)
        with pytest.raises((AssertionError, ConnectionResetError)):
            slow.answers(300)
    assert works(open_greenroom)


def test_a_request_shows_how_its_turn_grows(open_greenroom: House) -> None:
    open_greenroom.converse([{"when": "", "reply": [{"text": "one two three"}]}])
    session_id = open_greenroom.create(worker={"type": "conversation"})["id"]
    with connected(open_greenroom) as client:
        client.send({"type": "request", "id": "r", "session": session_id, "content": "x"})
        first = client.receive()
        assert (first["id"], "turn" in first) == ("r", False)
        grown = [client.receive()]
        while "ok" not in grown[-1]:
            grown.append(client.receive())
    *snapshots, last = grown
    assert {frame["response_id"] for frame in snapshots} == {first["response_id"]}
    assert snapshots[-1]["turn"]["content"][0]["text"] == "one two three"
    assert last["data"]["response_id"] == first["response_id"]


def test_the_daemon_can_be_asked_to_end(open_greenroom: House) -> None:
    with connected(open_greenroom) as client:
        client.send({"type": "stop-daemon", "id": "s", "keep_terminals": True})
        found = client.receive()
        assert found == {"id": "s", "type": "stop-daemon", "ok": True, "data": {"pid": os.getpid()}}
        client.send({"type": "stop-daemon", "id": 7})
        assert client.receive()["id"] is None
    eventually(lambda: open_greenroom.stop_requests == [True, False])


def test_a_socket_that_was_removed_is_made_again_and_open_connections_stay(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected(open_greenroom) as client:
        shutil.rmtree(open_greenroom.data.run)
        eventually(lambda: tolerates(open_greenroom), seconds=10)
        client.send(LIST)
        assert client.receive()["ok"]


def test_more_connections_than_the_limit_are_told_so(
    open_greenroom: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_actor, "CONNECTION_LIMIT", 2)
    with connected(open_greenroom) as one, connected(open_greenroom) as two:
        for client in (one, two):
            client.send(LIST)
            assert client.receive()["ok"]
        with connected(open_greenroom) as three:
            assert three.receive()["error"]["code"] == "too-many-connections"
            assert three.is_closed()
        two.connection.shutdown(socket.SHUT_RDWR)
    eventually(lambda: tolerates(open_greenroom))


def tolerates(greenroom: House) -> bool:
    try:
        return works(greenroom)
    except (AssertionError, OSError):
        return False


def test_its_end_hangs_up_on_everybody(open_greenroom: House) -> None:
    with connected(open_greenroom) as client:
        client.send(LIST)
        assert client.receive()["ok"]
        open_greenroom.stop()
        assert client.is_closed()
    assert not open_greenroom.data.control_socket.exists()
    open_greenroom.start()
    assert works(open_greenroom)


def test_an_end_of_the_loop_brings_the_socket_back(open_greenroom: House) -> None:
    proxy = open_greenroom.room.root.ref.proxy()
    loop = open_greenroom.room.around.io.loop
    proxy.child_ref("io_loop").get(timeout=10).tell("a message that nobody knows")

    def back() -> bool:
        io: Any = open_greenroom.room.around.io
        return io._loop not in {None, loop} and open_greenroom._runs()

    eventually(back)
    assert works(open_greenroom)


def test_what_is_asked_under_a_key_is_done_once(open_greenroom: House) -> None:
    made = {"type": "create-session", "location_path": str(open_greenroom.place), "key": "a/1"}
    with connected(open_greenroom) as client:
        client.send({**made, "id": "first"}, {**made, "id": "second"})
        found = client.answers(2)
        client.send({**LIST, "key": "b"}, {**made, "id": "other", "title": "another"})
        later = client.answers(2)
    open_greenroom.again()
    with connected(open_greenroom) as client:
        client.send({**made, "id": "third"})
        found |= client.answers(1)
    (session,) = open_greenroom.get("list-sessions")["sessions"]
    assert {each["data"]["id"] for each in found.values()} == {session["id"]}
    assert len(later["mine"]["data"]["sessions"]) == 1
    assert later["other"]["error"]["code"] == "key-conflict"


def test_a_key_is_that_of_its_caller(open_greenroom: House) -> None:
    lead = open_greenroom.create(config={})["id"]
    child = {"type": "create-session", "location_path": str(open_greenroom.place), "key": "same"}
    with connected(open_greenroom) as client:
        client.send({**child, "id": "own"}, {**child, "id": "child", "caller": lead})
        found = client.answers(2)
        client.send({"type": "purge-session", "session": lead, "caller": lead, "key": "other"})
        assert client.receive()["error"]["code"] == "out-of-reach"
    assert found["own"]["data"]["parent_session_id"] is None
    assert found["child"]["data"]["parent_session_id"] == lead


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 101, 1, True])
def test_what_is_no_key_is_refused(open_greenroom: House, key: object) -> None:
    with connected(open_greenroom) as client:
        client.send({"type": "create-session", "location_path": "/", "id": "mine", "key": key})
        told = client.receive()
    assert (told["id"], told["error"]["path"]) == ("mine", "$.key")
    assert open_greenroom.get("list-sessions")["sessions"] == []
