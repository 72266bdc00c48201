"""The tools over streamable HTTP, as an ASGI application that runs from `start` until it is to end.

It trusts whoever comes: who may come in is for the gate before it.
"""

import asyncio

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Receive, Scope, Send

from actors.mcp_server.port import Daemon
from actors.mcp_server.server import make_server

MOST_CLIENTS = 256
IDLE_SECONDS = 1800.0


class HttpServer:
    """Made in any thread; all else on the loop."""

    def __init__(self, daemon: Daemon) -> None:
        self._sessions = StreamableHTTPSessionManager(
            make_server(daemon), max_sessions=MOST_CLIENTS, session_idle_timeout=IDLE_SECONDS
        )
        self._running: asyncio.Task[None] | None = None

    async def start(self, ending: asyncio.Event) -> None:
        """Until `ending` is set. It is entered and left in one task, as its task group wants it."""
        ready = asyncio.Event()
        self._running = asyncio.create_task(self._run(ready, ending))
        await ready.wait()

    async def _run(self, ready: asyncio.Event, ending: asyncio.Event) -> None:
        async with self._sessions.run():
            ready.set()
            await ending.wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._sessions.handle_request(scope, receive, send)
