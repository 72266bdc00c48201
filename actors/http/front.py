"""What the routes of the HTTP front find around them, and how they ask."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct
from starlette.websockets import WebSocket

from actors.decisions.http_gate import Doors
from actors.gateway import Gateway
from actors.http.ring import Ring
from actors.messages.session import Follow
from actors.surroundings import Surroundings
from storage.records.request import Answer

T = TypeVar("T")


PROTOCOL = "greenroom"


async def accept(websocket: WebSocket) -> None:
    """A page names a subprotocol, beside the one that has its key, and wants to hear it again."""
    offered = websocket.scope.get("subprotocols", ())
    await websocket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)


class Front(Struct, frozen=True):
    """`ring`: the last events; `ending` is set when the server stops, for what would go on."""

    around: Surroundings
    gateway: Gateway
    doors: Doors
    ring: Ring
    ending: asyncio.Event

    async def ask(self, raw: Any, *, follow: Follow | None = None, **how: Any) -> Answer:
        """The answer to a request in the shapes of docs/protocol.md. On the I/O loop.

        `how`: as for `Gateway.hand_in`. Leaving early does not take the request back.
        """
        begin = partial(self.gateway.hand_in, raw, follow=follow, **{"by": "http", **how})
        return await self.told(lambda deliver: begin(deliver=deliver))

    async def told(self, begin: Callable[[Callable[[T], object]], object]) -> T:
        """What `begin` has told to the function that it gets, from any thread. On the I/O loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(told: T) -> None:
            if not future.done():
                future.set_result(told)

        def deliver(told: T) -> None:
            with suppress(RuntimeError):  # the loop has ended, and whoever waits with it
                loop.call_soon_threadsafe(settle, told)

        begin(deliver)
        return await future

    async def in_pool(self, work: Callable[..., T], *given: Any) -> T:
        """What `work` returns, done in a thread for files: what may take long, or wait."""
        pool = self.around.recording.pool
        return await asyncio.get_running_loop().run_in_executor(pool, work, *given)
