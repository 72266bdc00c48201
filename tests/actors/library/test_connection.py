"""A connection to a daemon, against a peer that is spoken by hand."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from actors.library.connection import Connection
from storage import codec
from storage.records.conversation import TurnGrew
from storage.records.request import Answer
from tests.fakes.actors import eventually

SECONDS = 20.0


class Peer:
    """The other side."""

    def __init__(self, end: socket.socket) -> None:
        end.settimeout(SECONDS)
        self._end = end
        self._stream = end.makefile("rb")

    def receive(self) -> Any:
        length = int.from_bytes(self._stream.read(4), "big")
        return codec.decode(self._stream.read(length), dict[str, Any])

    def answer(self, *ids: str) -> None:
        self.send(*({"id": each, "type": "x", "ok": True} for each in ids))

    def send(self, *frames: dict[str, Any]) -> None:
        payloads = [codec.encode(frame) for frame in frames]
        self._end.sendall(b"".join(len(p).to_bytes(4, "big") + p for p in payloads))

    def close(self) -> None:
        self._stream.close()
        self._end.close()


@pytest.fixture
def pair() -> Iterator[tuple[Connection, Peer]]:
    near, far = socket.socketpair()
    connection, peer = Connection(near), Peer(far)
    yield connection, peer
    connection.close()
    peer.close()
    eventually(lambda: connection.is_lost)


def request(own_id: str, size: int = 0) -> bytes:
    return codec.encode({"id": own_id, "type": "x", "text": "x" * size})


def test_who_tires_of_a_peer_that_does_not_read_leaves_no_half_frame(
    pair: tuple[Connection, Peer],
) -> None:
    connection, peer = pair
    with pytest.raises(TimeoutError):
        connection.ask("long", request("long", 4 << 20), 0.05)
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(connection.ask, "short", request("short"), SECONDS)
        assert len(peer.receive()["text"]) == 4 << 20
        assert peer.receive()["id"] == "short"
        peer.answer("long", "short")
        assert later.result(SECONDS).id == "short"


def test_an_answer_just_before_the_end_and_none_for_the_others(
    pair: tuple[Connection, Peer],
) -> None:
    connection, peer = pair
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(connection.ask, each, request(each), SECONDS) for each in "abc"]
        for _ in asked:
            peer.receive()
        peer.answer("a")
        peer.close()
        answers = [each.result(SECONDS) for each in asked]
    assert answers[0].ok
    assert [each.error.code for each in answers[1:] if each.error] == ["connection-lost"] * 2
    late = connection.ask("d", request("d"), SECONDS)
    assert late.error
    assert late.error.code == "connection-lost"


def test_a_request_that_was_accepted_is_not_to_be_asked_again(
    pair: tuple[Connection, Peer],
) -> None:
    connection, peer = pair
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(connection.ask, each, request(each), SECONDS) for each in "ab"]
        for _ in asked:
            peer.receive()
        peer.send({"id": "a", "type": "request", "response_id": "s1-r1"})
        peer.close()
        accepted, other = (each.result(SECONDS).error for each in asked)
    assert accepted
    assert other
    assert accepted.code == other.code == "connection-lost"
    assert accepted.message.endswith("greenroom history s1")
    assert accepted.data == {"response_id": "s1-r1"}
    assert "only after a look whether it was done" in other.message


def test_turns_are_shown_until_nobody_looks_and_a_callback_that_fails_hurts_nobody(
    pair: tuple[Connection, Peer],
) -> None:
    connection, peer = pair
    shown: list[str] = []

    def look(notice: TurnGrew) -> None:
        shown.append(notice.response_id)
        raise ValueError("of the program's own")

    def fail(_: Answer) -> None:
        shown.append("answer")
        raise ValueError("of the program's own")

    connection.hand_in("a", request("a"), fail, look)
    assert peer.receive()["id"] == "a"
    for response_id in ("s-1", "s-2"):
        peer.send({"id": "a", "type": "request", "response_id": response_id})
    assert peer.receive() == {"type": "unsubscribe", "subscription": "a"}
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(connection.ask, "b", request("b"), SECONDS)
        assert peer.receive()["id"] == "b"
        peer.answer("a", "b")
        assert later.result(SECONDS).id == "b"
    assert shown == ["s-1", "answer"]


def test_who_lets_go_of_an_answer_does_not_get_it(pair: tuple[Connection, Peer]) -> None:
    connection, peer = pair
    heard: list[Answer] = []
    forget = connection.hand_in("a", request("a"), heard.append)
    assert peer.receive()["id"] == "a"
    forget()
    forget()
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(connection.ask, "b", request("b"), SECONDS)
        assert peer.receive()["id"] == "b"
        peer.answer("a", "b")
        assert later.result(SECONDS).id == "b"
    assert heard == []


def test_what_is_no_frame_ends_it(pair: tuple[Connection, Peer]) -> None:
    connection, peer = pair
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(connection.ask, "a", request("a"), SECONDS)
        peer.receive()
        peer._end.sendall((3).to_bytes(4, "big") + b"{{{")
        answer = asked.result(SECONDS)
    assert answer.error
    assert answer.error.code == "connection-lost"
