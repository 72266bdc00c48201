"""What is no request, or no handshake: answered as every other refusal, and nothing else of it."""

import json
import socket
from collections.abc import Iterator
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.fakes.greenroom import House, house

Json = dict[str, Any]

UPGRADE = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
]


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, fronts=True) as running:
        yield running


def said_to(house: House, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and all that follows, until we are hung up on."""
    url = httpx2.URL(house.room.around.http.url or "")
    with socket.create_connection((url.host, url.port or 0)) as client:
        client.settimeout(30)
        client.sendall(raw)
        whole = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, body = whole.partition(b"\r\n\r\n")
    first, _, headers = head.partition(b"\r\n")
    told = {name.lower(): value for name, value in BytesParser().parsebytes(headers).items()}
    return int(first.split()[1]), told, body


def problem_of(house: House, raw: bytes) -> Json:
    status, headers, body = said_to(house, raw)
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"].lower() == "close"
    assert headers["x-content-type-options"] == "nosniff"
    told: Json = json.loads(body)
    assert told["status"] == status
    assert told["type"] == f"urn:greenroom:{told['code']}"
    return told


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"hello\r\n\r\n", 400, "malformed-request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nSecret\x00: hush\r\n\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000, 431, "headers-too-large"),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
            501,
            "malformed-request",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
            "malformed-request",
        ),
    ],
)
def test_what_is_no_request_is_told_so(
    open_house: House, raw: bytes, status: int, code: str
) -> None:
    told = problem_of(open_house, raw)
    assert (told["status"], told["code"]) == (status, code)
    assert "hush" not in json.dumps(told)
    assert ";" in told["detail"]  # and what to do


def test_a_body_that_breaks_off_into_nonsense_ends_the_connection(open_house: House) -> None:
    url = httpx2.URL(open_house.room.around.http.url or "")
    head = [
        "POST /api/login HTTP/1.1",
        f"Host: {url.host}:{url.port}",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
    ]
    raw = "\r\n".join([*head, "", "no length"]).encode() + b"\r\n" * 20
    assert problem_of(open_house, raw)["code"] == "malformed-request"
    assert httpx2.get(f"{url}/healthz").status_code == 200


@pytest.mark.parametrize(
    ("left_out", "added", "status", "word"),
    [
        ("Sec-WebSocket-Key", "", 400, "Sec-WebSocket-Key"),
        ("Sec-WebSocket-Version", "", 400, "Sec-WebSocket-Version"),
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8", 400, "Sec-WebSocket-Version"),
        ("Sec-WebSocket-Key", "Sec-WebSocket-Key: short", 400, "Sec-WebSocket-Key"),
    ],
)
def test_a_handshake_that_is_none_is_told_so(
    open_house: House, left_out: str, added: str, status: int, word: str
) -> None:
    lines = ["GET /ws/app HTTP/1.1", "Host: a", *UPGRADE, added]
    kept = [each for each in lines if each and (each == added or not each.startswith(left_out))]
    told = problem_of(open_house, "\r\n".join([*kept, "", ""]).encode())
    assert (told["status"], told["code"]) == (status, "malformed-request")
    assert word in told["detail"]
    assert "docs/websocket.md" in told["detail"]


def test_a_socket_that_is_not_there_and_one_that_is_asked_as_a_page(open_house: House) -> None:
    url = httpx2.URL(open_house.room.around.http.url or "")
    token = open_house.data.token.read_text().strip()
    own = [f"Host: {url.host}:{url.port}", f"Authorization: Bearer {token}"]
    raw = "\r\n".join(["GET /ws/nowhere HTTP/1.1", *own, *UPGRADE, "", ""]).encode()
    told = problem_of(open_house, raw)
    assert (told["status"], told["code"]) == (404, "route-not-found")
    answer = httpx2.get(f"{url}/ws/app", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (426, "upgrade-required")
    assert answer.headers["upgrade"] == "websocket"


def test_a_socket_without_the_token_is_told_what_to_send(open_house: House) -> None:
    url = httpx2.URL(open_house.room.around.http.url or "")
    lines = ["GET /ws/app HTTP/1.1", f"Host: {url.host}:{url.port}", *UPGRADE, "", ""]
    told = problem_of(open_house, "\r\n".join(lines).encode())
    assert (told["status"], told["code"]) == (401, "not-allowed")
    assert "run/token" in told["detail"]
