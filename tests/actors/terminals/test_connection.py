"""The client's side, against the real host and against one that misbehaves."""

import threading
from pathlib import Path

import pytest

from actors.terminals import host_files, protocol
from actors.terminals.connection import HostConnection
from actors.terminals.frames import frame
from actors.terminals.greeting import HostUnreachableError
from actors.terminals.sockets import listen_unix

from .conftest import Client, eventually


def answer_with(data: Path, answer: bytes) -> threading.Thread:
    """A host that answers the first client with these bytes and closes."""
    host_files.make_directories(data)
    listener = listen_unix(host_files.socket_path(data))
    listener.setblocking(True)

    def serve() -> None:
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(answer)
        connection.close()
        listener.close()

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"", "closed the connection"),
        (b"\xff\xff\xff\xff", "did not speak our protocol"),
        (frame(b"\xc1"), "did not speak our protocol"),
        (frame(protocol.encode(protocol.Terminals(terminals=()))), "with a welcome"),
    ],
)
def test_what_is_no_host_is_unreachable(data: Path, answer: bytes, problem: str) -> None:
    thread = answer_with(data, answer)
    with pytest.raises(HostUnreachableError, match=problem):
        HostConnection.connect(data)
    thread.join()


def test_closing_is_told_once_and_sending_after_it_is_refused(client: Client) -> None:
    client.connection.close()
    eventually(lambda: client.closed)
    client.connection.close()
    assert client.closed == "closed"
    assert not client.connection.send(protocol.ListTerminals())


def test_a_connection_that_never_started_can_be_closed(client: Client, data: Path) -> None:
    connection = HostConnection.connect(data)
    connection.close()
    assert not connection.send(protocol.ListTerminals())


def test_messages_before_the_start_are_kept_in_order(client: Client, data: Path) -> None:
    connection = HostConnection.connect(data)
    for number in range(3):
        connection.send(protocol.Resize(key=f"s/{number}", cols=1, rows=1))
    got: list[protocol.FromHost] = []
    connection.start(on_message=got.append, on_closed=lambda _: None)
    eventually(lambda: len(got) == 3)
    assert [m.key for m in got if isinstance(m, protocol.Refused)] == ["s/0", "s/1", "s/2"]
    connection.close()


def test_an_exception_in_the_handler_ends_the_connection_and_is_told(
    client: Client, data: Path
) -> None:
    closed: list[str] = []

    def fail(message: protocol.FromHost) -> None:
        raise RuntimeError("no")

    connection = HostConnection.connect(data)
    connection.start(on_message=fail, on_closed=closed.append)
    connection.send(protocol.ListTerminals())
    eventually(lambda: closed)
    assert closed == ["RuntimeError: no"]


def test_many_threads_send_whole_messages(client: Client) -> None:
    keys = [f"s/{number}" for number in range(4)]
    for key in keys:
        client.spawn(key, "cat")

    def send(key: str) -> None:
        for number in range(50):
            client.write(key, number, b"x" * 1000 + b"\n")

    threads = [threading.Thread(target=send, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [client.take(protocol.Accepted) for _ in range(200)]
    assert sum(answer.accepted_bytes for answer in answers) == 200 * 1001


def test_text_that_cannot_be_sent_is_an_error_for_the_caller(client: Client) -> None:
    with pytest.raises(ValueError, match="surrogates"):
        client.connection.send(protocol.End(key="\ud800"))
    assert client.states() == {}
