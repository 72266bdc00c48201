"""A worker's WebSocket, through the real server, at real terminals."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from actors.http.worker_voice import CLOSE_FINAL
from actors.terminals.connection import HostConnection
from actors.terminals.protocol import Detach, TakeLease
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House, house
from tests.fakes.worker_socket import RAW_CAT, READY, WorkerClient, address, back_at, visiting

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
CAT = ["cat"]


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all: each test has sessions of its own."""
    with house(tmp_path_factory.mktemp("home"), fronts=True) as made:
        yield made


@pytest.fixture(autouse=True)
def no_actor_left() -> None:
    """The house of all tests is stopped after the last."""


def ends_with(house: House, session: str, worker: str, text: str) -> None:
    """Wait until its output does."""
    eventually(lambda: house.output(session, worker, **{"from": -100}).endswith(text), seconds=30)


def test_what_is_typed_is_seen_with_its_offsets(open_house: House) -> None:
    where = open_house.shell(command=CAT)
    with visiting(open_house, *where) as client:
        assert (client.output, client.offset, client.epoch) == (b"", 0, 1)
        assert client.hears("activity").keys() == {"type", "state", "source", "since"}
        client.type("grün\r")
        client.sees("grün\r\ngrün\r\n".encode())
        assert client.offset == 14


def test_a_worker_is_named_as_everywhere(open_house: House) -> None:
    session_id, worker_id = open_house.shell(command=CAT, name="echo")
    with visiting(open_house, session_id[:6], "echo") as client:
        client.type("x\r")
        client.sees(b"x\r\nx\r\n")
    assert open_house.output(session_id, worker_id) == "x\r\nx\r\n"


def test_history_comes_first_and_earlier_when_asked_for(open_house: House) -> None:
    lines = b"".join(b"%d\r\n" % number for number in range(60_000))
    where = open_house.shell(command=["sh", "-c", "seq 0 59999; exec cat"])
    ends_with(open_house, *where, "59999\r\n")
    with visiting(open_house, *where) as client:
        assert 200_000 < len(client.output) <= 256 * 1024
        assert client.output[:1] != b"\n"
        assert lines == lines[: client.begin] + client.output
        client.send("request-history", from_offset=0, epoch=1)
        client.hears("history", start=0)
        client.reaches(len(lines))
        assert client.output == lines
        client.send("request-history")
        assert client.hears("history")["start"] > 0
        client.type("on\r")
        client.sees(b"on\r\non\r\n")


def test_modes_from_before_the_history_are_switched_on(open_house: House) -> None:
    script = r"printf '\033[?1049h\033[?25l'; seq 0 59999; exec cat"
    where = open_house.shell(command=["sh", "-c", script])
    ends_with(open_house, *where, "59999\r\n")
    with visiting(open_house, *where) as client:
        assert client.output.startswith((b"\x1b[?1049h\x1b[?25l", b"\x1b[?25l\x1b[?1049h"))
        assert client.output.endswith(b"59999\r\n")


def test_the_end_is_told_after_the_output_and_stands_for_who_comes_later(
    open_house: House,
) -> None:
    where = open_house.shell(command=["sh", "-c", "read x; seq 5000; exit 3"])
    with visiting(open_house, *where) as client:
        client.type("\r")
        assert client.hears("exit") == {"type": "exit", "exit_code": 3, "signal": None}
        assert client.output.endswith(b"5000\r\n")
        client.type("x")
        assert client.hears("error")["code"] == "worker-not-running"
        with back_at(open_house, client, *where) as later:
            assert later.output == b""
            assert later.hears("exit")["exit_code"] == 3


def test_a_restart_begins_another_epoch(open_house: House) -> None:
    where = open_house.shell(command=RAW_CAT)
    with visiting(open_house, *where) as client:
        client.sees(READY)
        client.type("x")
        client.sees(READY + b"x")
        open_house.get("restart-worker", session=where[0], worker=where[1])
        assert client.hears("exit")["signal"] is not None
        assert client.hears("history")["epoch"] == 2
        client.sees(READY)
        client.type("y")
        client.sees(READY + b"y")
        open_house.get("restart-worker", session=where[0], worker=where[1])
        client.hears("history", epoch=3)
        with visiting(open_house, *where, "?from=0&epoch=1") as late:
            assert late.output == READY + b"x"
            late.hears("history", epoch=2)
            late.sees(READY + b"y")
            late.hears("history", epoch=3)
            late.sees(READY)


def test_a_size_is_given_to_the_next_process_too(open_house: House) -> None:
    where = open_house.shell(command=["sh", "-c", "while read x; do stty size; done"])
    with visiting(open_house, *where) as client:
        client.send("resize", cols=101, rows=31)
        client.type("\r")
        client.sees(b"31 101")
        open_house.get("restart-worker", session=where[0], worker=where[1])
        client.hears("history", epoch=2)
        client.type("\r")
        assert client.sees(b"31 101").strip() == b"31 101"


def test_a_stopped_worker_is_shown_and_goes_on_when_it_is_started(open_house: House) -> None:
    where = open_house.shell(command=CAT)
    with visiting(open_house, *where) as client:
        client.type("x\r")
        client.sees(b"x\r\nx\r\n")
        open_house.get("stop-worker", session=where[0], worker=where[1])
        client.hears("exit")
        with visiting(open_house, *where) as other:
            assert other.output == b"x\r\nx\r\n"
            other.hears("exit")
            open_house.get("start-worker", session=where[0], worker=where[1])
            for each in (client, other):
                each.hears("history", epoch=2)


def test_a_paused_session_takes_up_where_it_was(open_house: House) -> None:
    where = open_house.shell(command=CAT)
    with visiting(open_house, *where) as client:
        open_house.get("pause-session", session=where[0])
        client.type("later\r")
        open_house.get("resume-session", session=where[0])
        client.sees(b"later\r\nlater\r\n")
        assert client.epoch == 1


@pytest.mark.parametrize(
    ("request_type", "code"),
    [("delete-worker", "worker-not-found"), ("delete-session", "session-not-found")],
)
def test_who_looks_on_is_told_that_it_was_deleted(
    open_house: House, request_type: str, code: str
) -> None:
    where = open_house.shell(command=CAT)
    fields = {"session": where[0]} | ({"worker": where[1]} if "worker" in request_type else {})
    with visiting(open_house, *where) as client:
        client.type("x\r")
        client.sees(b"x")
        open_house.get(request_type, **fields)
        assert client.closing() == (CLOSE_FINAL, code)
        assert [each["type"] for each in client.others if each["type"] == "exit"] == ["exit"]
        assert client.others[-1]["code"] == code


def refused_at(open_house: House, *where: str) -> str:
    """The code of the error that a socket closes with."""
    url, options = address(open_house, *where)
    with connect(url, **options) as connection:
        client = WorkerClient(connection)
        closing = client.closing()
        (error,) = client.others
        assert error["message"]
        assert closing == (CLOSE_FINAL, error["code"])
        return str(error["code"])


def test_what_has_no_terminal_is_said_and_closed(open_house: House) -> None:
    talk = open_house.create(worker={"type": "conversation"})
    where = open_house.shell(command=CAT)
    assert refused_at(open_house, talk["id"], talk["workers"][0]["id"]) == "not-a-terminal"
    assert refused_at(open_house, "nobody", "x") == "session-not-found"
    assert refused_at(open_house, where[0], "nobody") == "worker-not-found"
    assert refused_at(open_house, *open_house.shell(command=CAT)[:1], where[1]) == (
        "worker-not-found"
    )
    for query in ("?from=-1", "?from=x", "?epoch=1.5", "?from=" + "9" * 30):
        assert refused_at(open_house, *where, query) == "bad-request"


def test_nobody_comes_in_without_the_token(open_house: House) -> None:
    url, _ = address(open_house, *open_house.shell(command=CAT))
    with pytest.raises(InvalidStatus) as problem, connect(url):
        pass
    assert problem.value.response.status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "null",
        "[]",
        "{",
        '{"type": "input"}',
        '{"type": "input", "data": ""}',
        '{"type": "input", "data": 1}',
        '{"type": "input", "data": "x", "more": 1}',
        '{"type": "input", "data": "\\ud800"}',
        '{"type": "resize", "cols": 0, "rows": 1}',
        '{"type": "resize", "cols": 80, "rows": 100000}',
        '{"type": "request-history", "from_offset": -1}',
        '{"type": "request-history", "from_offset": 1e99}',
        '{"type": "output", "data": "x"}',
        "[" * 5000,
        b"\xff\xfe",
    ],
)
def test_a_message_that_is_wrong_is_refused_and_hurts_nothing(
    open_house: House, wrong: str | bytes
) -> None:
    where = open_house.shell(command=CAT)
    with visiting(open_house, *where) as client:
        client.connection.send(wrong)
        assert client.hears("error")["code"] == "bad-request"
        client.type("x\r")
        client.sees(b"x\r\nx\r\n")


# Who types.


def test_who_types_has_the_terminal_until_another_takes_it(open_house: House) -> None:
    where = open_house.shell(command=CAT)
    with visiting(open_house, *where) as one, visiting(open_house, *where) as two:
        one.type("one\r")
        for each in (one, two):
            each.sees(b"one\r\none\r\n")
        two.type("two\r")
        error = two.hears("error")
        assert (error["code"], "web 127.0.0.1:" in error["message"]) == ("input-held", True)
        code = open_house.refused("write-input", session=where[0], worker=where[1], data="x")
        assert code == "input-held"
        two.send("take-input")
        assert one.hears("error")["code"] == "input-held"
        two.type("now\r")
        two.sees(b"now\r\nnow\r\n")
        one.type("x")
        assert one.hears("error")["code"] == "input-held"
        assert b"two" not in two.output
    open_house.get("write-input", session=where[0], worker=where[1], data="free\r")


def test_who_only_looks_on_changes_neither_size_nor_writer(open_house: House) -> None:
    where = open_house.shell(command=["sh", "-c", "while read x; do stty size; done"])
    with visiting(open_house, *where) as one, visiting(open_house, *where) as two:
        one.send("resize", cols=90, rows=20)
        one.type("\r")
        one.sees(b"20 90")
        two.send("resize", cols=50, rows=10)
        two.type("x")
        two.hears("error", code="input-held")
        one.type("\r")
        one.sees(b"20 90\r\n\r\n20 90")
        two.send("take-input")
        two.type("\r")
        assert b"10 50" in two.sees(b"10 50").split(b"20 90")[-1]


def test_somebody_at_a_shell_is_named(open_house: House) -> None:
    where = open_house.shell(command=CAT)
    key = "/".join(where)
    host = HostConnection.connect(open_house.data.root)
    host.send(TakeLease(key=key, owner="ann on pts/3"))
    with visiting(open_house, *where) as client:
        client.type("x")
        assert "ann on pts/3 types since" in client.hears("error", code="input-held")["message"]
        host.send(Detach(key=key, by="ann"))
        assert client.closing() == (CLOSE_FINAL, "detached")
    host.close()


def test_no_byte_crosses_to_another_worker_or_session(open_house: House) -> None:
    worker = {"type": "terminal", "command": RAW_CAT}
    made = [open_house.create(worker=worker) for _ in range(2)]
    places = [(each["id"], each["workers"][0]["id"]) for each in made]
    places += [
        (each["id"], open_house.get("create-worker", session=each["id"], worker=worker)["id"])
        for each in made
    ]
    with ExitStack() as visits:
        clients = [visits.enter_context(visiting(open_house, *place)) for place in places]
        for client in clients:
            client.sees(READY)
        for number in range(200):
            for index, client in enumerate(clients):
                client.type(f"{index}:{number};")
        for index, client in enumerate(clients):
            wanted = b"".join(b"%d:%d;" % (index, number) for number in range(200))
            client.reaches(len(READY + wanted))
            assert client.output == READY + wanted


# Pictures.


def put_in(client: WorkerClient, content: bytes) -> None:
    client.send("image", data=base64.b64encode(content).decode(), mime_type="image/png")


def test_a_picture_becomes_a_file_whose_path_is_typed(open_house: House) -> None:
    where = open_house.shell(command=CAT)
    with visiting(open_house, *where) as client:
        put_in(client, PNG)
        client.sees(b".png ")
        path = Path(client.output.decode().strip())
    assert path.read_bytes() == PNG
    assert path.parent == open_house.data.images("default", where[0])
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("wrong", ["%%%", base64.b64encode(b"#!/bin/sh\n").decode()])
def test_what_is_no_picture_is_not_kept(open_house: House, wrong: str) -> None:
    where = open_house.shell(command=CAT)
    with visiting(open_house, *where) as client:
        client.send("image", data=wrong, mime_type="../../x.png")
        assert client.hears("error")["code"] == "bad-image"
        client.type("x\r")
        client.sees(b"x\r\nx\r\n")
        assert client.output == b"x\r\nx\r\n"
    directory = open_house.data.images("default", where[0])
    assert not directory.exists() or not list(directory.iterdir())


def test_open_sockets_are_told_to_come_again_when_greenroom_stops(tmp_path: Path) -> None:
    with house(tmp_path, fronts=True) as made:
        where = made.shell(command=CAT)
        with visiting(made, *where) as client:
            client.type("x\r")
            client.sees(b"x\r\nx\r\n")
            made.stop()
            assert client.closing()[0] == 1012
            made.start()
            with back_at(made, client, *where) as again:
                again.type("y\r")
                again.sees(b"y\r\ny\r\n")
                assert (again.begin, again.epoch) == (6, 1)


def test_python_hears_the_same(open_house: House) -> None:
    """What `attach_worker` tells: the same bytes at the same offsets, and the same end."""
    from actors import library

    heard: dict[str, Any] = {"output": b"", "offsets": []}
    ends: list[Any] = []

    def output(data: bytes, offset: int) -> None:
        heard["output"] += data
        heard["offsets"].append((offset, offset + len(data)))

    where = open_house.shell(command=["sh", "-c", "read x; seq 20000; exit 4"])
    with library.open(open_house.data.root) as greenroom, visiting(open_house, *where) as client:
        callbacks = library.WorkerCallbacks(output, lambda *end: ends.append(end))
        greenroom.attach_worker(*where, callbacks, from_offset=0)
        client.type("\r")
        end = client.hears("exit")
        while not ends:
            client.send("bad")
            client.hears("error")
    assert ends == [(end["exit_code"], end["signal"])]
    assert (heard["output"], heard["offsets"][-1][1]) == (client.output, client.offset)
