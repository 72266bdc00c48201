"""What greenroom says to one client of a worker's WebSocket: one message after another, none kept.

Saying something to a client that does not read takes until it does; so nothing is piled up.
"""

import asyncio

from starlette.websockets import WebSocket

from storage import codec
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

    async def end(self, code: str, text: str) -> None:
        """Say why, and close for good."""
        await self.refuse(code, text)
        await self._websocket.close(CLOSE_FINAL, code)
