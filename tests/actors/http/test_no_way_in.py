"""Every way in of the table, knocked at with each token, name and origin: one of them opens.

What is behind the doors is replaced by something that notes who came in. The table and the gate are
those that are served.
"""

import asyncio
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from actors.decisions import http_gate
from actors.http import app as http_app
from actors.http.front import Front
from actors.http.ring import Ring
from actors.http.route_table import AnyRow, Row, SocketRow
from tests.fakes.greenroom import house

TOKEN = "5" * 64
AT = http_gate.doors("0123456789ab", TOKEN, ("127.0.0.1", "localhost", "[::1]"), 4711, "http")
HOST = "127.0.0.1:4711"
TOKENS = (None, "Bearer " + "6" * 64, f"Bearer {TOKEN}")
HOSTS = (
    HOST,
    "localhost:4711",
    "[::1]:4711",
    None,
    "",
    "127.0.0.1",
    "127.0.0.1:4712",
    "evil.example",
    "evil.example:4711",
    "127.0.0.1:4711.evil.example",
    "0.0.0.0:4711",
    "127.0.0.1:4711@evil.example",
)
ORIGINS = (
    None,
    f"http://{HOST}",
    "http://localhost:4711",
    "null",
    "",
    "https://evil.example",
    "http://127.0.0.1:4712",
    f"http://{HOST}.evil.example",
)
OPEN = {
    ("GET", "/"),
    ("GET", "/static/{name:path}"),
    ("GET", "/healthz"),
    ("GET", "/favicon.ico"),
    ("POST", "/api/login"),
}
"""The rows that need no token, by hand: one more has to be thought about here."""


class Visits:
    """Stands behind every door."""

    def __init__(self) -> None:
        self.came_in = False

    async def answer(self, _: Front, __: Request) -> Response:
        self.came_in = True
        return Response()

    async def converse(self, _: Front, socket: WebSocket) -> None:
        self.came_in = True
        await socket.close()

    def mounted(self, _: Front) -> ASGIApp:
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.came_in = True
        await Response()(scope, receive, send)

    def behind(self, row: AnyRow) -> AnyRow:
        if isinstance(row, Row):
            return replace(row, answer=self.answer)
        if isinstance(row, SocketRow):
            return replace(row, converse=self.converse)
        return replace(row, app=self.mounted)


class Knocking:
    """The application with nobody at home."""

    def __init__(self, front: Front) -> None:
        self.visits = Visits()
        rows = tuple(self.visits.behind(row) for row in http_app.ROWS)
        self._app = http_app.app(replace(front, doors=AT), rows)

    async def at(self, row: AnyRow, headers: list[tuple[bytes, bytes]]) -> int:
        """The status of the answer; 403 of a socket that is closed without one."""
        self.visits.came_in = False
        sent: list[Message] = []

        async def receive() -> Message:
            if isinstance(row, SocketRow):
                return {"type": "websocket.connect"}
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(scope_of(row, headers), receive, send)
        return int(next((each["status"] for each in sent if "status" in each), 403))


def path_of(row: AnyRow) -> str:
    """One that it matches."""
    parts = row.path.split("/")
    return "/".join("x" if part.startswith("{") else part for part in parts)


def scope_of(row: AnyRow, headers: list[tuple[bytes, bytes]]) -> Scope:
    path = path_of(row)
    return {
        "type": "websocket" if isinstance(row, SocketRow) else "http",
        "http_version": "1.1",
        "method": row.method if isinstance(row, Row) else "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 4711),
        "subprotocols": [],
        "state": {},
        "extensions": {},
    }


def knocks() -> Iterator[tuple[bool, bool, bool, list[tuple[bytes, bytes]]]]:
    """Whether token, name and origin are right, and the headers that say so."""
    for token, host, origin in product(TOKENS, HOSTS, ORIGINS):
        named = {"authorization": token, "host": host, "origin": origin}
        headers = [
            (name.encode(), value.encode()) for name, value in named.items() if value is not None
        ]
        yield token == TOKENS[2], host in HOSTS[:3], origin in ORIGINS[:3], headers


def is_open(row: AnyRow) -> bool:
    return isinstance(row, Row) and (row.method, row.path) in OPEN


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with house(tmp_path) as running:
        yield Front(running.room.around, running.room.gateway, AT, Ring(1), asyncio.Event())


@pytest.mark.parametrize(
    "row", http_app.ROWS, ids=lambda row: f"{getattr(row, 'method', '')} {row.path}"
)
def test_only_the_right_token_name_and_origin_open(row: AnyRow, front: Front) -> None:
    async def knock() -> None:
        knocking = Knocking(front)
        opened = 0
        for has_token, is_named, is_ours, headers in knocks():
            status = await knocking.at(row, headers)
            may = is_named and is_ours and (has_token or is_open(row))
            assert knocking.visits.came_in == may, (headers, status)
            opened += may
            if not may:
                wanted = 421 if not is_named else 403 if not is_ours else 401
                assert status == wanted, headers
        assert opened == (27 if is_open(row) else 9)

    asyncio.run(knock())


def test_every_open_way_is_one_that_is_named_here() -> None:
    table = {(row.method, row.path) for row in http_app.ROWS if isinstance(row, Row)}
    assert OPEN & table >= {("GET", "/healthz"), ("POST", "/api/login")}
    for row in http_app.ROWS:
        method = row.method if isinstance(row, Row) else "GET"
        socket = isinstance(row, SocketRow)
        asked = http_gate.Asked(method=method, path=path_of(row), is_websocket=socket, headers={})
        assert http_gate.is_open(asked) == is_open(row), row.path


def test_nothing_is_served_that_is_no_row(front: Front) -> None:
    """All that Starlette knows of came from the table."""
    inner: Any = http_app.app(front)
    while not hasattr(inner, "routes"):
        inner = inner._app
    assert {route.path for route in inner.routes} == {row.path for row in http_app.ROWS}


def test_old_ways_do_not_exist(tmp_path: Path) -> None:
    with house(tmp_path, fronts=True) as running:
        url, token = running.room.around.http.url, running.data.token.read_text().strip()
        with httpx2.Client(headers={"Authorization": f"Bearer {token}"}) as client:
            for path in ("/ws/terminal/1", "/ws/shell", "/api", "/static/..%2f..%2frun/token"):
                assert client.get(f"{url}{path}").status_code == 404, path


def test_a_wire_with_the_token_gets_an_answer_and_one_without_none(tmp_path: Path) -> None:
    with house(tmp_path, fronts=True) as running:
        url, token = running.room.around.http.url, running.data.token.read_text().strip()
        with httpx2.Client() as client:
            assert client.get(f"{url}/healthz").json() == {"status": "ok"}
            refused = client.get(f"{url}/api/nothing")
            assert refused.status_code == 401
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.json()["code"] == "not-allowed"
            assert token not in refused.text
            bearer = {"Authorization": f"Bearer {token}"}
            assert client.get(f"{url}/api/nothing", headers=bearer).status_code == 404
            wrong = {**bearer, "Host": "evil.example"}
            assert client.get(f"{url}/healthz", headers=wrong).status_code == 421


def test_the_page_trades_the_token_for_a_cookie_that_reads_and_writes(tmp_path: Path) -> None:
    with house(tmp_path, fronts=True) as running:
        url, token = running.room.around.http.url or "", running.data.token.read_text().strip()
        with httpx2.Client() as client:
            told = client.post(f"{url}/api/login", json={"token": token})
            assert told.status_code == 200
            key = told.json()["key"]
            cookie = told.headers["set-cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=strict" in cookie
            assert token not in cookie
            assert cookie.startswith(f"greenroom-{running.data.instance}=")
            assert client.get(f"{url}/api/nothing").status_code == 401
            assert client.post(f"{url}/api/nothing", headers={"Origin": url}).status_code == 401
            ours = {"Greenroom-Page": key}
            assert client.get(f"{url}/api/nothing", headers=ours).status_code == 404
            assert client.post(f"{url}/api/nothing", headers=ours).status_code == 401
            ours["Origin"] = url
            assert client.post(f"{url}/api/nothing", headers=ours).status_code == 404
            wrongs: list[Any] = [{"token": token[:-1]}, {"token": 1}, {}, []]
            for wrong in wrongs:
                assert client.post(f"{url}/api/login", json=wrong).status_code == 401


def test_a_body_is_bounded_however_it_comes(tmp_path: Path) -> None:
    with house(tmp_path, fronts=True) as running:
        url = running.room.around.http.url
        kind = {"Content-Type": "application/json"}

        def pieces() -> Iterator[bytes]:
            for _ in range(40):
                yield b" " * (1 << 16)

        with httpx2.Client() as client:
            for body in (b" " * ((1 << 20) + 1), pieces()):
                told = client.post(f"{url}/api/login", content=body, headers=kind)
                assert (told.status_code, told.json()["code"]) == (413, "body-too-large")
            form = client.post(f"{url}/api/login", data={"token": "x"})
            assert form.status_code == 415
