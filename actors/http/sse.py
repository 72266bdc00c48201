"""Server-sent events: how they are written, and an answer that sends them as long as it is wanted.

It ends when whoever reads goes, when there is no more to tell, or at once when the server stops.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from storage import codec

MEDIA_TYPE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
"""So often at least something is sent, so that a connection that is gone is noticed."""
RETRY_MILLISECONDS = 1000
LAST_SECONDS = 0.2

Chunks = AsyncGenerator[bytes, None]

_RESUMED = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "Go on after the event with this id",
    "schema": {"type": "string"},
}


_EVENT = {
    "description": "Each event of the stream; data is JSON",
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}


def document(**query: str) -> dict[str, Any]:
    """What OpenAPI says of a stream. `query`: its parameters, and what each is."""
    named = [
        {"name": name, "in": "query", "description": about, "schema": {"type": "string"}}
        for name, about in query.items()
    ]
    content = {MEDIA_TYPE: {"schema": _EVENT}}
    return {
        "parameters": [*named, _RESUMED],
        "responses": {"200": {"description": "Until you have enough", "content": content}},
    }


class Silence:
    """How long it may last yet, until a heartbeat is due."""

    def __init__(self) -> None:
        self.broken()

    @property
    def seconds_left(self) -> float:
        return self._until - asyncio.get_running_loop().time()

    def broken(self) -> None:
        """Something was sent."""
        self._until = asyncio.get_running_loop().time() + HEARTBEAT_SECONDS


def is_wanted(request: Request) -> bool:
    """Whether it asks for a stream instead of an answer."""
    kinds = request.headers.get("accept", "").split(",")
    return any(kind.partition(";")[0].strip().lower() == MEDIA_TYPE for kind in kinds)


def event(kind: str, content: bytes, id_: str | None = None) -> bytes:
    """`content` is JSON in one line; without an id the reader keeps the one it has."""
    named = b"" if id_ is None else b"id: %s\n" % id_.encode()
    return b"%sevent: %s\ndata: %s\n\n" % (named, kind.encode(), content)


def beginning(id_: str | None = None) -> bytes:
    """What a stream begins with: from where to resume if nothing else comes."""
    named = "" if id_ is None else f"id: {id_}\n"
    return f"retry: {RETRY_MILLISECONDS}\n{named}\n".encode()


def heartbeat(id_: str | None = None) -> bytes:
    """A comment, and where the reader is by now, if it has one."""
    named = "" if id_ is None else f"id: {id_}\n"
    return f": still here\n{named}\n".encode()


def failure(code: str, message: str) -> bytes:
    """The last event of a stream that cannot go on."""
    return event(code, codec.encode({"code": code, "message": message}))


class EventStream(Response):
    """Sends `chunks`, each when the one before it is taken, until `ending` is set."""

    media_type = MEDIA_TYPE

    def __init__(self, chunks: Chunks, ending: asyncio.Event) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._chunks = chunks
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        if scope["method"] != "HEAD":
            await self._until_the_end(receive, send)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await send(_body(b"", more=False))

    async def _until_the_end(self, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        ends = [asyncio.create_task(_left(receive)), asyncio.create_task(self._ending.wait())]
        try:
            await asyncio.wait([sending, *ends], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, *ends):
                task.cancel()
            await asyncio.gather(sending, *ends, return_exceptions=True)
            await self._chunks.aclose()
        if not sending.cancelled():
            sending.result()

    async def _send(self, send: Send) -> None:
        async for chunk in self._chunks:
            if chunk:
                await send(_body(chunk, more=True))


def _body(chunk: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
