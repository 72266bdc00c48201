"""A worker's WebSocket while the terminal host goes, hangs or lets go, and what is typed then."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.http import worker_input
from actors.terminals import host_files
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House, house
from tests.fakes.worker_socket import RAW_CAT, READY, Json, back_at, visiting


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, fronts=True) as made:
        yield made


def host_pid(made: House) -> int:
    found = host_files.recorded_host(made.data.root)
    assert found is not None
    return found.pid


def test_a_host_that_dies_takes_the_process_and_the_next_one_is_shown(open_house: House) -> None:
    where = open_house.shell(command=RAW_CAT, restart="always")
    with visiting(open_house, *where) as client:
        client.sees(READY)
        client.type("x")
        client.sees(READY + b"x")
        os.kill(host_pid(open_house), signal.SIGKILL)
        client.hears("history", epoch=2)
        client.sees(READY)
        client.type("y")
        assert client.sees(READY + b"y") == READY + b"y"


def test_what_is_typed_while_the_host_hangs_arrives_once(open_house: House) -> None:
    where = open_house.shell(command=RAW_CAT)
    with visiting(open_house, *where) as client:
        client.sees(READY)
        client.type("a")
        client.sees(READY + b"a")
        os.kill(host_pid(open_house), signal.SIGSTOP)
        for _ in range(20):
            client.type("b")
        client.send("bad")
        client.hears("error", code="bad-request")
        os.kill(host_pid(open_house), signal.SIGCONT)
        client.reaches(len(READY) + 21)
        client.type("c")
        client.sees(b"c")
        assert client.output == READY + b"a" + b"b" * 20 + b"c"


def test_who_rests_lets_go_of_the_terminal(
    open_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_input, "REST_SECONDS", 0.2)
    where = open_house.shell(command=RAW_CAT)
    with visiting(open_house, *where) as client:
        client.sees(READY)
        client.type("a")
        client.sees(READY + b"a")

        def typed() -> bool:
            asked = {"type": "write-input", "session": where[0], "worker": where[1], "data": "b"}
            return open_house.ask(asked).ok

        eventually(typed)
        client.sees(READY + b"ab")
        client.type("c")
        assert client.sees(READY + b"abc") == READY + b"abc"


def test_what_was_typed_before_the_client_left_arrives(open_house: House) -> None:
    where = open_house.shell(command=RAW_CAT)
    with visiting(open_house, *where) as client:
        client.sees(READY)
        client.type("last words")
    with back_at(open_house, client, *where) as later:
        later.reaches(len(READY + b"last words"))
        assert (client.output + later.output).endswith(READY + b"last words")


def test_a_log_that_was_removed_ends_nothing(open_house: House) -> None:
    where = open_house.shell(command=RAW_CAT)
    with visiting(open_house, *where) as client:
        client.sees(READY)
    log = open_house.data.terminal_log("default", *where)
    for segment in log.iterdir():
        segment.unlink()
    log.rmdir()
    with visiting(open_house, *where) as client:
        client.type("x")
        message: Json = {}
        while not message.get("data", "").endswith("x"):
            message = json.loads(client.connection.recv(timeout=30))
        assert (message["start"], message["epoch"]) == (len(READY), 1)
