"""The application: all rows of the table behind the gate."""

from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from actors.http import (
    all_events,
    docs_page,
    health,
    login,
    mcp,
    metrics,
    openapi,
    response_events,
    rest,
    session_events,
    static,
    ws_app,
    ws_worker,
)
from actors.http.front import Front
from actors.http.gate import Gate
from actors.http.measures import Measured, Measures
from actors.http.problem import problem
from actors.http.route_table import AnyRow, served

ROWS: tuple[AnyRow, ...] = (
    *docs_page.ROWS,
    *health.ROWS,
    *login.ROWS,
    *mcp.ROWS,
    *metrics.ROWS,
    *openapi.ROWS,
    *rest.ROWS,
    *static.ROWS,
    *ws_worker.ROWS,
    *all_events.ROWS,
    *session_events.ROWS,
    *response_events.ROWS,
    *ws_app.ROWS,
)


def app(front: Front, rows: tuple[AnyRow, ...] = ROWS) -> ASGIApp:
    static.page()  # read here, not on the I/O loop
    inner = Starlette(
        routes=served(rows, front),
        exception_handlers={
            HTTPException: _refused,
            ClientDisconnect: _gone,
            Exception: _failed,
        },
    )
    inner.router.default = partial(_nowhere, inner.router.not_found)
    inner.state.rows = rows
    inner.state.measures = Measures()
    return Measured(Gate(inner, front.doors), inner.state.measures)


_CODES = {
    404: "route-not-found",
    405: "method-not-allowed",
    408: "body-too-slow",
    413: "body-too-large",
}


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "refused")
    text = f"{request.method} {request.url.path}: {error.detail}; see /openapi.json"
    return problem(error.status_code, code, text, headers=error.headers)


async def _nowhere(no_page: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "websocket":
        await no_page(scope, receive, send)
        return
    text = f"there is no WebSocket at {scope['path']}; docs/websocket.md names those there are"
    await problem(404, "route-not-found", text)(scope, receive, send)


async def _gone(_: Request, __: Exception) -> Response:
    """The client hung up in the middle of its request: nobody hears this."""
    return Response(status_code=400)


async def _failed(_: Request, __: Exception) -> Response:
    """Starlette raises it again after this, so that the log has it."""
    text = "greenroom failed at this; see greenroom logs"
    return problem(500, "internal-error", text)
