import json
import os
import socket
import threading
from pathlib import Path

import pytest

from actors.cli.connection import SENT_LIMIT_BYTES, Connection
from actors.cli.failures import CommandError
from actors.control import frames
from actors.library import remote_way
from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import FakeDaemon, yes


def test_progress_comes_before_the_answer(data: Path, serve: Serve) -> None:
    serve(lambda request: [
        {"id": request["id"], "type": "request", "number": 1},
        {"id": "another", "type": "request", "ok": True},
        {"id": request["id"], "type": "request", "ok": True, "data": 5},
    ])  # fmt: skip
    seen: list[int] = []
    with Connection(str(data)) as connection:
        answer = connection.ask({"type": "request"}, progress=lambda f: seen.append(f["number"]))
    assert (seen, answer["data"]) == ([1], 5)


def test_one_connection_carries_many_requests_with_ids_of_their_own(
    data: Path, serve: Serve
) -> None:
    daemon = serve(yes({}))
    with Connection(str(data)) as connection:
        for _ in range(3):
            connection.ask({"type": "get-status"})
    assert len({request["id"] for request in daemon.requests}) == 3


def test_a_socket_with_a_long_path_is_reached(tmp_path: Path) -> None:
    data = tmp_path / ("x" * 150)
    daemon = FakeDaemon(data, yes("far"))
    with Connection(str(data)) as connection:
        assert connection.ask({"type": "get-status"})["data"] == "far"
    daemon.close()


def test_a_daemon_that_ends_before_the_answer_is_said(data: Path, serve: Serve) -> None:
    def die(_request: object) -> list[dict[str, object]]:
        raise ConnectionAbortedError

    serve(die)
    with Connection(str(data)) as connection, pytest.raises(CommandError) as lost:
        connection.ask({"type": "delete-session"})
    assert lost.value.code == "connection-lost"


def test_a_request_that_was_accepted_goes_on_and_is_not_to_be_made_twice(tmp_path: Path) -> None:
    """The daemon says that it has the request, and dies."""
    ours = tmp_path / "run"
    ours.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(ours / "control.sock"))
        listening.listen()

        def accept_and_die() -> None:
            peer, _ = listening.accept()
            with peer, peer.makefile("rb") as stream:
                asked = json.loads(stream.read(int.from_bytes(stream.read(4), "big")))
                frame = json.dumps({"id": asked["id"], "response_id": "s1-r1"}).encode()
                peer.sendall(len(frame).to_bytes(4, "big") + frame)

        dying = threading.Thread(target=accept_and_die)
        dying.start()
        with Connection(str(tmp_path)) as connection, pytest.raises(CommandError) as lost:
            connection.ask({"type": "request", "session": "talk"})
        dying.join()
    assert lost.value.code == "connection-lost"
    assert "goes on when the daemon is back" in str(lost.value)
    assert str(lost.value).endswith("greenroom history s1")


def test_one_that_may_not_have_been_accepted_is_looked_for_in_the_history(
    data: Path, serve: Serve
) -> None:
    def die(_request: object) -> list[dict[str, object]]:
        raise ConnectionAbortedError

    serve(die)
    with Connection(str(data)) as connection, pytest.raises(CommandError) as lost:
        connection.ask({"type": "request", "session": "talk"})
    assert str(lost.value).endswith("whether it was done: see greenroom history talk")


def test_what_no_daemon_takes_is_not_sent(data: Path, serve: Serve) -> None:
    daemon = serve(yes({}))
    for text in ("x" * SENT_LIMIT_BYTES, "ö" * (SENT_LIMIT_BYTES // 2)):
        with Connection(str(data)) as connection, pytest.raises(CommandError) as long:
            connection.ask({"type": "request", "content": text})
        assert long.value.code == "too-large"
        assert str(SENT_LIMIT_BYTES) in str(long.value)
    assert daemon.requests == []


def test_it_knows_what_a_daemon_takes() -> None:
    assert SENT_LIMIT_BYTES == frames.FRAME_LIMIT_BYTES == remote_way.FRAME_LIMIT_BYTES


def test_a_daemon_that_does_not_answer_is_said(data: Path, serve: Serve) -> None:
    serve(lambda _: [])
    with Connection(str(data)) as connection, pytest.raises(CommandError) as late:
        connection.ask({"type": "get-status"}, timeout_seconds=0.1)
    assert late.value.code == "timeout"


def test_somebody_else_at_the_socket_is_said(data: Path, serve: Serve) -> None:
    serve(lambda _: [["no object"]])  # type: ignore[list-item]
    with (
        Connection(str(data)) as connection,
        pytest.raises(CommandError, match="no greenroom daemon"),
    ):
        connection.ask({"type": "get-status"})


def test_the_listening_process_is_known(data: Path, serve: Serve) -> None:
    serve(yes({}))
    with Connection(str(data)) as connection:
        assert connection.peer_pid == os.getpid()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["send", "one", "\udcff"], r"'\xff'"),
        (["new", "--title", "a\udc80\ud800"], r"'a\x80\ud800'"),
    ],
)
def test_an_argument_that_is_no_text_is_named(
    run: Run, serve: Serve, words: list[str], shown: str
) -> None:
    serve(yes({}))
    outcome = run(*words)
    assert outcome.status == 2
    assert f"the argument {shown} is not valid UTF-8; nothing was sent" in outcome.err
