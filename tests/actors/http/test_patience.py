"""Clients that are silent, hang up, or never read: none of them costs the others anything."""

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from actors.http import gate, patience
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House
from tests.fakes.greenroom import house as running_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path, fronts=True) as running:
        yield running


def address(house: House) -> tuple[str, int]:
    url = house.room.around.http.url
    assert url is not None
    return "127.0.0.1", int(url.rpartition(":")[2])


def is_closed(client: socket.socket) -> bool:
    client.settimeout(30)
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_one_that_never_ends_its_headers_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(patience, "HEADER_SECONDS", 0.2)
    with socket.create_connection(address(house)) as client:
        client.sendall(said)
        assert is_closed(client)


def test_one_that_asks_in_time_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEADER_SECONDS", 0.2)
    url = house.room.around.http.url or ""
    with connect(url.replace("http", "ws") + "/ws/app", additional_headers=bearer(house)) as app:
        with httpx2.Client(base_url=url) as client:
            assert client.get("/healthz").status_code == 200
            end = time.monotonic() + 1  # longer than a silent one would have
            while time.monotonic() < end:
                with suppress(TimeoutError):
                    app.recv(timeout=0.1)
            assert client.get("/healthz").status_code == 200
        app.send('{"type": "request-sync"}')
        assert "sessions-sync" in str(app.recv(timeout=30))


def test_a_body_that_does_not_go_on_is_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_BODY_SECONDS", 0.2)
    host, port = address(house)
    head = f"POST /api/login HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 9\r\n"
    with socket.create_connection((host, port)) as client:
        client.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + b"{")
        client.settimeout(30)
        assert client.recv(100).startswith(b"HTTP/1.1 408 ")


def test_one_that_hangs_up_in_its_body_is_no_fault_of_ours(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = address(house)
    head = f"POST /api/login HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 9\r\n"
    for _ in range(20):
        with socket.create_connection((host, port)) as client:
            client.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + b"{")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert httpx2.get(f"http://{host}:{port}/healthz").status_code == 200
    eventually(lambda: httpx2.get(f"http://{host}:{port}/healthz").status_code == 200)
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


def bearer(house: House) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.data.token.read_text().strip()}"}


def silent(house: House, many: int, said: bytes = b"") -> list[socket.socket]:
    made = [socket.create_connection(address(house)) for _ in range(many)]
    for client in made:
        client.sendall(said)
    return made


@pytest.mark.parametrize("said", ["", "GET /healthz HTTP/1.1\r\nHost: {}:{}\r\n\r\n"])
def test_who_asks_for_nothing_keeps_nobody_out(house: House, said: str) -> None:
    url = house.room.around.http.url or ""
    with (
        httpx2.Client(base_url=url, headers=bearer(house)) as client,
        client.stream("GET", "/api/events") as events,
        connect(url.replace("http", "ws") + "/ws/app", additional_headers=bearer(house)) as app,
    ):
        assert "sessions-sync" in str(app.recv(timeout=30))
        lines = events.iter_lines()
        next(lines)
        crowd = silent(house, 600, said.format(*address(house)).encode())
        for _ in range(3):
            assert httpx2.get(f"{url}/healthz").status_code == 200
        assert client.get("/api/sessions").json()["sessions"] == []
        house.create(title="told to who was there before")
        assert "session-created" in str(app.recv(timeout=30))
        assert any("session-created" in line for line in lines)
        for each in crowd:
            each.close()


def test_one_more_than_there_is_place_for_is_told_to_come_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "CONNECTIONS", 3)
    url = house.room.around.http.url or ""
    there = f"{url.replace('http', 'ws')}/ws/app"
    with ExitStack() as open_ones:
        for _ in range(3):
            app = open_ones.enter_context(connect(there, additional_headers=bearer(house)))
            app.recv(timeout=30)
        refused = httpx2.get(f"{url}/api/sessions", headers=bearer(house))
        assert (refused.status_code, refused.json()["code"]) == (503, "too-many-connections")
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["connection"] == "close"
        with pytest.raises(InvalidStatus) as caught, connect(there):
            pass
        assert caught.value.response.status_code == 503
        assert json.loads(caught.value.response.body or b"")["code"] == "too-many-connections"
    eventually(lambda: httpx2.get(f"{url}/healthz").status_code == 200)


def test_one_that_pings_and_never_reads_is_cut_off(house: House) -> None:
    token = house.data.token.read_text().strip()
    host, port = address(house)
    asked = [
        "GET /ws/app HTTP/1.1",
        f"Host: {host}:{port}",
        f"Authorization: Bearer {token}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    ping = b"\x89\xfd" + bytes(4) + b"x" * 125
    with socket.create_connection((host, port)) as client:
        client.sendall("\r\n".join([*asked, "", ""]).encode())
        client.settimeout(30)
        pieces = iter(range(2_000))
        with suppress(ConnectionError):
            while next(pieces, None) is not None:
                client.sendall(ping * 1000)
        assert next(pieces, None) is not None, "260 MB of pings were taken"


def test_a_refused_handshake_is_no_news(house: House, caplog: pytest.LogCaptureFixture) -> None:
    url = (house.room.around.http.url or "").replace("http", "ws")
    for _ in range(5):
        with pytest.raises(InvalidStatus) as caught, connect(f"{url}/ws/app"):
            pass
        assert caught.value.response.status_code == 401
        assert json.loads(caught.value.response.body or b"")["code"] == "not-allowed"
    with connect(f"{url}/ws/app", additional_headers=bearer(house)) as app:
        assert "sessions-sync" in str(app.recv(timeout=30))
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == []
