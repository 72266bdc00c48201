"""`/ws/app`: who watches all sessions hears how they are, and from then on what changes.

What is wrong with a client's message it is told, and the connection stays. `app_feed` bounds what
a slow one leaves behind.
"""

from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from actors.http.app_feed import AppFeed
from actors.http.front import Front, accept
from actors.http.route_table import AnyRow, SocketRow
from actors.http.socket_tasks import until_one_ends
from actors.http.worker_voice import Voice
from storage.records.app_message import AppClientMessage


async def app(front: Front, websocket: WebSocket) -> None:
    await accept(websocket)
    voice, feed = Voice(websocket), AppFeed(front)
    source = front.around.broadcaster.subscribe(feed.hear)
    try:
        with suppress(WebSocketDisconnect):
            await until_one_ends(_tell(voice, feed), _listen(voice, feed))
    finally:
        source.unsubscribe()


async def _tell(voice: Voice, feed: AppFeed) -> None:
    while True:
        for message in await feed.next():
            await voice.say_encoded(message)


async def _listen(voice: Voice, feed: AppFeed) -> None:
    async for _ in voice.heard(AppClientMessage):
        feed.request_sync()


ROWS: tuple[AnyRow, ...] = (
    SocketRow(path="/ws/app", converse=app, summary="All sessions, and what changes of them"),
)
