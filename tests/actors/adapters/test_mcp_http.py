"""MCP servers over HTTP that refuse, move, dawdle, overflow and go away."""

import asyncio
import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from actors.adapters.mcp_tools import McpConnection
from actors.ports import CallCutOffError
from storage.records.workspace import McpServerSettings
from tests.fakes.mcp import connected, http_server
from tests.peers.web_server import Answer, WebServer, respond

SECRET = "token-0123456789"
HUGE = 40 * 1024 * 1024


def refused(answer: Answer, *, path: str = "/mcp", seconds: float = 20.0) -> tuple[str, WebServer]:
    """Why the server cannot be reached, in one line; and the server, for what it was sent."""
    with WebServer(answer) as server:
        settings = McpServerSettings(
            url=f"{server.url}{path}", headers={"Authorization": f"Bearer {SECRET}"}
        )

        async def connect() -> str:
            connection = McpConnection("web", settings, connect_timeout_seconds=seconds)
            try:
                await connection.open()
            except ConnectionError as error:
                return str(error)
            finally:
                await connection.close()
            return "it could be reached"

        return asyncio.run(connect()), server


def always(status: int, body: bytes = b"", **headers: str) -> Answer:
    return lambda handler, _: respond(handler, status, body, **headers)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "HTTP 401 Unauthorized; see its headers in workspace.json"),
        (403, "HTTP 403 Forbidden; see its headers in workspace.json"),
        (404, "HTTP 404 Not Found; see its url in workspace.json"),
        (500, "HTTP 500 Internal Server Error"),
        (599, "HTTP 599"),
    ],
)
def test_a_refusal_of_http_is_the_reason(status: int, said: str) -> None:
    reason, server = refused(always(status))
    assert said in reason
    assert f"(at {server.url.removeprefix('http://')})" in reason
    assert "\n" not in reason


def test_the_headers_are_sent_and_are_in_no_reason() -> None:
    echoed: list[str] = []

    def echo(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        echoed.append(handler.headers["authorization"])
        error = {"code": -32000, "message": f"bad token {handler.headers['authorization']}"}
        body = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
        respond(handler, 400, body, content_type="application/json")

    reason, _ = refused(echo, path="/mcp?key=query-secret")
    assert echoed[0] == f"Bearer {SECRET}"
    assert "bad token ***" in reason
    assert SECRET not in reason
    assert "query-secret" not in reason


def test_a_redirect_to_another_place_is_not_followed_and_takes_no_header_there() -> None:
    with WebServer(always(200)) as other:
        reason, _ = refused(always(307, location=f"{other.url}/elsewhere?key={SECRET}"))
        assert other.headers == []
    assert "not followed" in reason
    assert SECRET not in reason


def test_a_server_that_never_answers_is_given_up() -> None:
    end = threading.Event()

    def dawdle(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        end.wait(60)

    try:
        reason, server = refused(dawdle, seconds=0.5)
    finally:
        end.set()
    host = server.url.removeprefix("http://")
    assert reason == f"MCP server web: no answer within 0.5 seconds (at {host})"


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
def test_an_answer_without_an_end_is_given_up(kind: str) -> None:
    def overflow(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.send_header("content-type", kind)
        handler.end_headers()
        handler.wfile.write(b"data: ")
        for _number in range(HUGE // 65536):
            handler.wfile.write(b"x" * 65536)
        handler.close_connection = True

    reason, _ = refused(overflow, seconds=60)
    assert "16777216" in reason


def test_an_answer_that_is_packed_is_not_unpacked() -> None:
    packed = gzip.compress(b"[" + b" " * HUGE + b"]")
    answer = always(200, packed, content_type="application/json", content_encoding="gzip")
    reason, server = refused(answer)
    assert "JSON" in reason
    assert server.headers[0]["accept-encoding"] == "identity"


def test_a_call_of_a_server_that_had_gone_before_was_not_run() -> None:
    async def gone(process: Any, url: str) -> str:
        async with connected(McpServerSettings(url=url)) as (server, _):
            assert (await server.call("add", {"a": 1, "b": 2})).content == "3"
            process.kill()
            process.wait()
            with pytest.raises(ConnectionError) as caught:
                await server.call("add", {"a": 1, "b": 2})
            assert not isinstance(caught.value, CallCutOffError)
            return str(caught.value)

    with http_server() as (process, url):
        reason = asyncio.run(gone(process, url))
    assert "(at 127.0.0.1:" in reason
    assert reason.endswith("; this call was not run")


def test_of_a_call_whose_server_went_in_its_middle_nobody_knows(tmp_path: Any) -> None:
    """Also when a later one finds nobody there: what that learns is not true of the first."""

    async def gone(process: Any, url: str) -> None:
        async with connected(McpServerSettings(url=url)) as (server, _):
            slow = {"seconds": 60, "mark": str(tmp_path / "m")}
            first = asyncio.ensure_future(server.call("slow", slow))
            for _ in range(2):  # each has its answer after the slow one was sent
                await server.call("add", {"a": 1, "b": 2})
            process.kill()
            process.wait()
            second = asyncio.ensure_future(server.call("add", {"a": 1, "b": 2}))
            with pytest.raises(CallCutOffError):
                await first
            with pytest.raises(ConnectionError):
                await second

    with http_server() as (process, url):
        asyncio.run(gone(process, url))


def test_a_server_that_ends_in_a_call_leaves_its_outcome_unknown() -> None:
    async def gone(url: str) -> None:
        async with connected(McpServerSettings(url=url)) as (server, _):
            with pytest.raises(CallCutOffError):
                await server.call("die", {})

    with http_server() as (_, url):
        asyncio.run(gone(url))


def test_a_slow_call_over_http_ends_at_its_limit_and_the_next_works(tmp_path: Any) -> None:
    async def late(url: str) -> Any:
        async with connected(McpServerSettings(url=url, timeout_seconds=0.3)) as (server, _):
            return await server.call("slow", {"seconds": 60, "mark": str(tmp_path / "m")})

    with http_server() as (_, url):
        outcome = asyncio.run(late(url))
    assert outcome.is_error
    assert "0.3 seconds" in outcome.content
