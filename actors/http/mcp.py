"""`/mcp`: the tools of `actors/mcp_server`, loaded when somebody calls for the first time.

The library behind them takes half a second and 60 MB, so it is loaded in a thread of the pool.
Whoever has the token is a person here; a session comes in by `greenroom mcp`.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from starlette.types import Receive, Scope, Send

from actors.gateway import encoded
from actors.http.front import Front
from actors.http.route_table import AnyRow, MountRow

if TYPE_CHECKING:
    from actors.mcp_server.over_http import HttpServer

PATH = "/mcp"


class FrontDaemon:
    """Fulfils the port of the tools inside the daemon. On the I/O loop."""

    caller: str | None = None

    def __init__(self, front: Front) -> None:
        self._front = front

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = await self._front.ask(request, by="mcp")
        plain: dict[str, Any] = await self._front.in_pool(lambda: json.loads(encoded(answer)))
        return plain

    @asynccontextmanager
    async def changes(self, session_id: str) -> AsyncIterator[asyncio.Event]:
        changed, loop = asyncio.Event(), asyncio.get_running_loop()

        def heard(_: object) -> None:
            with suppress(RuntimeError):  # the loop has ended, and whoever waits with it
                loop.call_soon_threadsafe(changed.set)

        following = self._front.around.broadcaster.subscribe(heard, session_id)
        try:
            yield changed
        finally:
            following.unsubscribe()


class Tools:
    """An ASGI application. What is under way when the web server ends, ends."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._lock = asyncio.Lock()
        self._server: HttpServer | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server = await self._ready()
        serving = asyncio.ensure_future(server(scope, receive, send))
        ending = asyncio.ensure_future(self._front.ending.wait())
        try:
            await asyncio.wait([serving, ending], return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                await serving
        finally:
            for each in (serving, ending):
                each.cancel()

    async def _ready(self) -> "HttpServer":
        async with self._lock:
            if self._server is None:
                made: HttpServer = await self._front.in_pool(_load, FrontDaemon(self._front))
                await made.start(self._front.ending)
                self._server = made
            return self._server


def _load(daemon: FrontDaemon) -> "HttpServer":
    from actors.mcp_server.over_http import HttpServer

    return HttpServer(daemon)


ROWS: tuple[AnyRow, ...] = (MountRow(path=PATH, app=Tools, summary="Tools for agents, by MCP"),)
