"""How long the web server waits for a client that says nothing, and keeps what one does not read.

uvicorn counts the time of a connection only after its first answer, and answers every ping at once:
whoever connects and is silent would hold a place for ever, whoever pings and never reads would have
memory.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEADER_SECONDS = 10.0
PONGS_BYTES = 1 << 20


class PatientHttp(H11Protocol):
    """A connection whose first request has no end of its headers in time is closed."""

    _waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._waits = self.loop.call_later(HEADER_SECONDS, self._too_slow)

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle is not None:
            self._stop_waiting()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _too_slow(self) -> None:
        self.transport.close()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One that pings and does not read the answers is cut off."""

    def handle_ping(self) -> None:
        if self.transport.get_write_buffer_size() > PONGS_BYTES:
            self.transport.abort()
        else:
            super().handle_ping()
