"""What greenroom and one client of a WebSocket say to each other: one message after another, none
kept.

Saying something to a client that does not read takes until it does; so nothing is piled up.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.websockets import WebSocket

from storage import codec
from storage.errors import FileRefused
from storage.records.worker_message import ErrorMessage, WorkerServerMessage

CLOSE_FINAL = 4000
"""The close code for: connecting again would change nothing. The reason is the error's code."""


class SaidGoodbye(Exception):
    """The last word was said, and the socket closed."""


class Voice:
    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._turn = asyncio.Lock()

    async def say(self, message: WorkerServerMessage) -> None:
        """WebSocketDisconnect when the client is gone."""
        await self.say_encoded(codec.encode(message))

    async def say_encoded(self, message: bytes) -> None:
        text = message.decode()
        async with self._turn:
            await self._websocket.send({"type": "websocket.send", "text": text})

    async def refuse(self, code: str, text: str) -> None:
        await self.say(ErrorMessage(code=code, message=text))

    async def heard(self, kind: Any) -> AsyncIterator[Any]:
        """What the client says, as one of `kind`, until it goes. Of what is wrong it is told."""
        while True:
            message = await self._websocket.receive()
            if message["type"] != "websocket.receive":
                return
            raw = message.get("text") or message.get("bytes") or ""
            try:
                said = codec.decode(raw.encode() if isinstance(raw, str) else raw, kind)
            except FileRefused as error:
                where = f" at {error.path}" if error.path else ""
                await self.refuse("bad-request", f"{error}{where}; see docs/websocket.md")
            else:
                yield said

    async def end(self, code: str, text: str) -> None:
        """Say why, and close for good."""
        await self.refuse(code, text)
        await self._websocket.close(CLOSE_FINAL, code)
