"""The web server on the I/O loop, from a socket that listens until it is told to stop."""

import asyncio
import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from actors.http.patience import BoundedWebSocket, PatientHttp
from storage.records.http_settings import HttpSettings

CLOSE_SECONDS = 3
IDLE_SECONDS = 75
STALLED_SECONDS = 0.2
SOCKET_MESSAGE_BYTES = 1 << 20


class Server(uvicorn.Server):
    """Made in any thread; all methods on the loop. `ready` is set when it serves, `ending` when it
    stops: what would go on then ends itself.
    """

    def __init__(self, app: ASGIApp, settings: HttpSettings, ending: asyncio.Event) -> None:
        super().__init__(_config(app, settings))
        self.ready = asyncio.Event()
        self._ending = ending
        self._stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def serve_on(self, listening: socket.socket) -> None:
        """Until `stop`; then, or however else it ends, the port is free again."""
        try:
            await self.serve([listening])
        finally:
            for each in getattr(self, "servers", ()):
                each.close()
            listening.close()

    async def wait_ready(self) -> None:
        await self.ready.wait()

    async def main_loop(self) -> None:
        """In place of a look ten times a second whether it is to stop."""
        await self.on_tick(0)
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending.set()
        cutting = asyncio.create_task(self._cut_stalled())
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()

    async def _cut_stalled(self) -> None:
        """A connection that is closed and whose client reads nothing would never be gone."""
        before: set[Any] = set()
        while True:
            await asyncio.sleep(STALLED_SECONDS)
            connections = list(self.server_state.connections)
            closing = {each.transport for each in connections if each.transport.is_closing()}
            for transport in closing & before:
                transport.abort()
            before = closing

    async def stop(self) -> None:
        """Who is connected is given a moment."""
        self.should_exit = True
        self._stopping.set()


def _config(app: ASGIApp, settings: HttpSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=PatientHttp,
        ws=BoundedWebSocket,
        ws_max_size=SOCKET_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=CLOSE_SECONDS,
        ssl_certfile=settings.tls_certificate if settings.expose else None,
        ssl_keyfile=settings.tls_key if settings.expose else None,
    )
