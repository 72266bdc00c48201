"""Every way in, as rows: what is served, documented and attacked by tests is made from them.

A module of routes has its rows in `ROWS`; here they are gathered, in the order in which they match.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from actors.http.front import Front
from actors.http.measures import ROUTE
from actors.http.problem import problem

Answered = Callable[[Front, Request], Awaitable[Response]]
Conversed = Callable[[Front, WebSocket], Awaitable[None]]


class Row(Struct, frozen=True, kw_only=True):
    """A route. `request`: the type of the message that its body and path make, if they do.
    `document`: what OpenAPI says of one that makes none, as an operation there; what is below
    `/api` or has one is in the document.
    """

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    answer: Answered
    summary: str
    request: str | None = None
    document: Mapping[str, Any] = {}


class SocketRow(Struct, frozen=True, kw_only=True):
    path: str
    converse: Conversed
    summary: str


class MountRow(Struct, frozen=True, kw_only=True):
    """A whole application at a path, for every method: an object that is one."""

    path: str
    app: Callable[[Front], ASGIApp]
    summary: str


AnyRow = Row | SocketRow | MountRow


def served(rows: tuple[AnyRow, ...], front: Front) -> list[BaseRoute]:
    """One route per path, so that a wrong method is told all that there are."""
    methods: dict[str, dict[str, Answered]] = {}
    for row in rows:
        if isinstance(row, Row):
            methods.setdefault(row.path, {})[row.method] = row.answer
    routes: dict[str, BaseRoute] = {}
    for row in rows:
        if isinstance(row, MountRow):
            routes[row.path] = Route(row.path, row.app(front))
        elif isinstance(row, SocketRow):
            routes[f"socket {row.path}"] = _socket(row, front)
            routes[row.path] = Route(row.path, _is_a_socket)
        elif row.path not in routes:
            routes[row.path] = _route(row.path, methods[row.path], front)
    return list(routes.values())


def _socket(row: SocketRow, front: Front) -> BaseRoute:
    async def socket(websocket: WebSocket) -> None:
        await row.converse(front, websocket)

    return WebSocketRoute(row.path, socket)


async def _is_a_socket(request: Request) -> Response:
    text = f"{request.url.path} is a WebSocket; connect to it as docs/websocket.md says"
    return problem(426, "upgrade-required", text, headers={"Upgrade": "websocket"})


def _route(path: str, answers: Mapping[str, Answered], front: Front) -> BaseRoute:
    async def endpoint(request: Request) -> Response:
        request.scope[ROUTE] = path
        method = "GET" if request.method == "HEAD" else request.method
        return await answers[method](front, request)

    return Route(path, endpoint, methods=list(answers))
