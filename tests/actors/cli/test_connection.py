import os
from pathlib import Path

import pytest

from actors.cli.connection import Connection
from actors.cli.failures import CommandError
from tests.actors.cli.conftest import Serve
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
