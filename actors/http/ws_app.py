"""`/ws/app`: who watches all sessions hears how they are, and from then on what changes.

What is wrong with a client's message it is told, and the connection stays. `app_feed` bounds what
a slow one leaves behind.
"""

import asyncio
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from actors.http.app_feed import AppFeed
from actors.http.front import Front, accept
from actors.http.route_table import AnyRow, SocketRow
from actors.http.worker_voice import Voice
from storage import codec
from storage.errors import FileRefused
from storage.records.app_message import AppClientMessage


async def app(front: Front, websocket: WebSocket) -> None:
    await accept(websocket)
    voice, feed = Voice(websocket), AppFeed(front)
    source = front.around.broadcaster.subscribe(feed.hear)
    tasks = [
        asyncio.create_task(each) for each in (_tell(voice, feed), _listen(websocket, voice, feed))
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        source.unsubscribe()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    with suppress(WebSocketDisconnect):
        for task in done:
            task.result()


async def _tell(voice: Voice, feed: AppFeed) -> None:
    while True:
        for message in await feed.next():
            await voice.say_encoded(message)


async def _listen(websocket: WebSocket, voice: Voice, feed: AppFeed) -> None:
    """Until it goes."""
    while True:
        message = await websocket.receive()
        if message["type"] != "websocket.receive":
            return
        raw = message.get("text") or message.get("bytes") or ""
        try:
            codec.decode(raw.encode() if isinstance(raw, str) else raw, AppClientMessage)
        except FileRefused as error:
            where = f" at {error.path}" if error.path else ""
            await voice.refuse("bad-request", f"{error}{where}; see docs/websocket.md")
        else:
            feed.request_sync()


ROWS: tuple[AnyRow, ...] = (
    SocketRow(path="/ws/app", converse=app, summary="All sessions, and what changes of them"),
)
