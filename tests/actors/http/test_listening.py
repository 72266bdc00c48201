"""Where the HTTP front listens: on this machine alone, at a port that it has again."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.boot import boot
from actors.http.listening import CannotListen, checked, is_local, listen
from storage.records.http_settings import HttpSettings
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House
from tests.fakes.greenroom import house as running_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path, fronts=True) as running:
        yield running


def port_of(url: str | None) -> int:
    assert url is not None
    return int(url.rpartition(":")[2])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_is_local(host: str) -> None:
    assert is_local(host)
    checked(HttpSettings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "box.lan", ""])
def test_elsewhere_is_refused_without_a_flag_and_a_certificate(host: str, tmp_path: Path) -> None:
    there = tmp_path / "some.pem"
    there.write_text("")
    for settings in (
        HttpSettings(host=host),
        HttpSettings(host=host, tls_certificate=str(there), tls_key=str(there)),
        HttpSettings(host=host, expose=True),
        HttpSettings(host=host, expose=True, tls_certificate=str(there)),
        HttpSettings(host=host, expose=True, tls_certificate=str(there), tls_key="/no/such"),
    ):
        with pytest.raises(CannotListen, match=r"config\.toml"):
            checked(settings)


def test_the_port_is_kept_and_had_again(house: House) -> None:
    first = port_of(house.room.around.http.url)
    house.again()
    assert port_of(house.room.around.http.url) == first
    house.stop()
    with socket.create_server(("127.0.0.1", first)):
        house.start()
        assert port_of(house.room.around.http.url) != first


def test_it_listens_at_one_address_alone(house: House) -> None:
    port = port_of(house.room.around.http.url)
    with socket.create_server(("127.0.0.2", port)) as another:  # nobody has it there
        assert another.getsockname() == ("127.0.0.2", port)


def test_a_port_of_the_settings_that_is_taken_is_told(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"127.0.0.1:{port} .*http.port"):
            listen(house.data, HttpSettings(port=port))


@pytest.mark.parametrize(
    ("text", "said"),
    [("host = '0.0.0.0'", "expose"), ("port = 'x'", "$.http.port"), ("prot = 1", "prot")],
)
def test_bad_settings_fail_this_front_alone(house: House, text: str, said: str) -> None:
    house.stop()
    house.data.config.write_text(f"[http]\n{text}\n")
    room = boot(house.data, house.environ, stop_daemon=house.stop_requests.append)
    known_at_once = room.around.http.problem or ""
    try:
        assert said in known_at_once

        def told() -> str:
            parts = room.board.tree().children
            below = [each for part in parts if part.name == "fronts" for each in part.children]
            return next((each.last_error or "" for each in below if each.name == "http"), "")

        eventually(told)
        assert said in told()
        assert "config.toml" in told()
        assert room.board.tree().state != "stopped"
        assert room.around.http.url is None
        eventually(lambda: room.around.http.state == "stopped")
        assert room.around.http.problem == known_at_once
    finally:
        room.root.stop(30)
        house.data.config.unlink()
        house.start()


def test_it_can_be_switched_off(house: House) -> None:
    house.stop()
    house.data.config.write_text("[http]\nenabled = false\n")
    house.start()
    assert house.get("get-status")["http"] == {"url": None, "state": "disabled"}


def test_a_server_that_ends_is_started_again_at_its_port(house: House) -> None:
    before, loop = house.room.around.http.url, house.room.around.io.loop

    def end() -> None:
        for task in asyncio.all_tasks(loop):
            if getattr(task.get_coro(), "__qualname__", "") == "Server.serve_on":
                task.cancel()

    loop.call_soon_threadsafe(end)
    eventually(lambda: house.room.around.http.state != "running")
    eventually(lambda: house.room.around.http.state == "running")
    assert house.room.around.http.url == before


def test_answers_do_not_wait_for_the_other_side(house: House) -> None:
    """What asyncio does not take for TCP it lets wait until the other side has said something."""
    house.data.run.joinpath("http.port").unlink()
    with listen(house.data, HttpSettings()) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_who_may_not_come_in_is_told_so_also_in_the_middle_of_a_body(house: House) -> None:
    place = ("127.0.0.1", port_of(house.room.around.http.url))
    body = b'{"a": "' + b"x" * 700_000 + b'"}'
    head = (
        f"POST /api/sessions HTTP/1.1\r\nHost: 127.0.0.1:{place[1]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    for _ in range(10):
        with socket.create_connection(place) as connection:
            connection.sendall(head.encode())
            connection.sendall(body)
            assert connection.recv(12) == b"HTTP/1.1 401"
