"""How long the web server waits for a client, how many it has, and who gives way when that is all.

uvicorn counts the time of a connection only after its first answer, answers every ping at once, and
past its limit refuses everybody: whoever is silent would hold a place for ever, whoever pings and
never reads would have memory, and any user of this machine could keep all others out.
"""

import asyncio
import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from actors.http.gate import KNOWN, SURPLUS
from actors.http.malformed import Handshake, h11_answer

CONNECTIONS = 512
HEADER_SECONDS = 10.0
PONGS_BYTES = 1 << 20


class PatientHttp(H11Protocol):
    """A connection whose first request has no end of its headers in time is closed.

    When there are `CONNECTIONS`, one more takes the place of whoever asked for nothing with the
    token for longest; if all have, its request is refused.
    """

    _waits: asyncio.TimerHandle | None = None
    since = 0.0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.since = self.loop.time()
        self._waits = self.loop.call_later(HEADER_SECONDS, self.hang_up)
        if len(self.connections) > CONNECTIONS:
            self._make_room()

    def _make_room(self) -> None:
        others = (each for each in self.connections if isinstance(each, PatientHttp))
        giving = [each for each in others if each is not self and each.gives_way]
        if giving:
            min(giving, key=lambda each: each.since).hang_up()
        else:
            self.app_state = {**self.app_state, SURPLUS: True}

    @property
    def gives_way(self) -> bool:
        """It is asked for nothing just now, or by somebody who showed no token."""
        cycle: Any = self.cycle  # None before the first
        is_idle = cycle is None or cycle.response_complete
        return is_idle or not cycle.scope.get(KNOWN)

    def on_response_complete(self) -> None:
        self.since = self.loop.time()
        super().on_response_complete()

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle is not None:
            self._stop_waiting()

    def send_400_response(self, msg: str) -> None:
        """Called where h11 has raised; `msg` says no more than that."""
        error = sys.exception()
        if self.cycle is not None:
            self.cycle.disconnected = True  # what is under way is not answered any more
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            said = [self.conn.send(event) for event in h11_answer(error)]
            self.transport.writelines([each for each in said if each])
        self.transport.close()

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

    def hang_up(self) -> None:
        """It counts no more from now on."""
        self.connections.discard(self)
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # it reads nothing, so it would never be gone
        else:
            self.transport.close()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One that pings and does not read the answers is cut off; one that is refused is no news."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        plain = self.conn
        self.conn = Handshake(
            extensions=plain.available_extensions,
            max_size=self.config.ws_max_size,
            logger=plain.logger,
        )

    def handle_ping(self) -> None:
        if self.transport.get_write_buffer_size() > PONGS_BYTES:
            self.transport.abort()
        else:
            super().handle_ping()

    async def send(self, message: Any) -> None:
        """An answer in place of a handshake: uvicorn would log that as an error of ours."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True
