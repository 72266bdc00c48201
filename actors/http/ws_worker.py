"""`/ws/session/{session_id}/worker/{worker_id}`: a worker's terminal in a browser, or any client.

Takes what the client says, and leaves to `worker_output` what it is shown, to `worker_input` what
it types. The bytes go between the terminal host and the I/O loop, through no actor.
"""

import asyncio
import base64
import binascii
import shlex
from contextlib import suppress
from functools import partial
from pathlib import Path

from starlette.websockets import WebSocket, WebSocketDisconnect

from actors.decisions.session_activity import activity_of
from actors.http.front import Front, accept
from actors.http.route_table import AnyRow, SocketRow
from actors.http.socket_tasks import until_one_ends
from actors.http.worker_history import Wanted
from actors.http.worker_input import Size, WorkerInput
from actors.http.worker_output import WorkerOutput
from actors.http.worker_place import WorkerPlace, find
from actors.http.worker_voice import SaidGoodbye, Voice
from actors.messages.recording import ActivityChanged, Notice, Published
from storage import images
from storage.errors import StorageError
from storage.records import worker_message as m
from storage.records.request import Refusal


async def worker(front: Front, websocket: WebSocket) -> None:
    await accept(websocket)
    voice = Voice(websocket)
    with suppress(WebSocketDisconnect, SaidGoodbye):
        wanted = _wanted(websocket)
        path = websocket.path_params
        place = await find(front, path["session_id"], path["worker_id"])
        for refused in (wanted, place):
            if isinstance(refused, Refusal):
                await voice.end(refused.code, refused.message)
                return
        assert isinstance(wanted, Wanted)
        assert isinstance(place, WorkerPlace)
        await Visit(place, websocket, voice).run(wanted)


def _wanted(websocket: WebSocket) -> Wanted | Refusal:
    """`?from=&epoch=`, both optional."""
    asked = {name: websocket.query_params.get(name) for name in ("from", "epoch")}
    for name, given in asked.items():
        if given is not None and not (given.isascii() and given.isdecimal() and len(given) < 16):
            text = f"?{name}= must be a number, as the messages of this socket have it"
            return Refusal(code="bad-request", message=text)
    start, epoch = (None if given is None else int(given) for given in asked.values())
    return Wanted(from_offset=start, epoch=epoch)


class Visit:
    """One client at one worker, from its first to its last word."""

    def __init__(self, place: WorkerPlace, websocket: WebSocket, voice: Voice) -> None:
        self._place = place
        self._voice = voice
        client = websocket.client
        owner = f"web {client.host}:{client.port}" if client else "web"
        self._input = WorkerInput(place, owner, voice.refuse)
        self._output = WorkerOutput(place, voice, self._input.fit)
        self._activity_due = asyncio.Event()
        self._activity_due.set()

    async def run(self, wanted: Wanted) -> None:
        around = self._place.front.around
        loop = asyncio.get_running_loop()

        def heard(notice: Notice) -> None:
            """In the thread of whoever tells it."""
            if isinstance(notice, Published | ActivityChanged):
                with suppress(RuntimeError):  # the loop has ended, and this visit with it
                    loop.call_soon_threadsafe(self._note, notice)

        told = around.broadcaster.subscribe(heard, self._place.session_id)
        try:
            await until_one_ends(self._output.run(wanted), self._tell_activity(), self._listen())
        finally:
            told.unsubscribe()
            await self._input.close()

    def _note(self, notice: Published | ActivityChanged) -> None:
        if isinstance(notice, Published):
            self._output.changed()
        elif notice.worker_id == self._place.worker_id and notice.activity is not None:
            self._activity_due.set()

    async def _tell_activity(self) -> None:
        """The newest, whenever there is another."""
        around, place = self._place.front.around, self._place
        await self._output.has_begun.wait()
        while True:
            await self._activity_due.wait()
            self._activity_due.clear()
            session = place.session
            found = activity_of(session, place.worker_id, around.activities) if session else None
            if found is not None:
                await self._voice.say(
                    m.ActivityMessage(state=found.state, source=found.source, since=found.since)
                )

    # The client.

    async def _listen(self) -> None:
        async for said in self._voice.heard(m.WorkerClientMessage):
            await self._obey(said)

    async def _obey(self, said: m.WorkerClientMessage) -> None:
        match said:
            case m.InputMessage():
                await self._input.type(said.data.encode())
            case m.ResizeMessage():
                self._input.resize(Size(said.cols, said.rows))
            case m.TakeInputMessage():
                self._input.take()
            case m.RequestHistoryMessage():
                self._output.show_from(Wanted(said.from_offset, said.epoch))
            case m.ImageMessage():
                await self._put_in(said)

    async def _put_in(self, image: m.ImageMessage) -> None:
        """Save it, and type where it lies, as if a file had been dragged into the terminal."""
        save = partial(_saved, self._place, image.data)
        try:
            pool = self._place.front.around.recording.pool
            path = await asyncio.get_running_loop().run_in_executor(pool, save)
        except StorageError as error:
            await self._voice.refuse(error.code, str(error))
        else:
            await self._input.type(f"{shlex.quote(str(path))} ".encode())


def _saved(place: WorkerPlace, data: str) -> Path:
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        text = f"the data of an image must be base64: {error}"
        raise images.ImageRefused(text) from error
    return images.save(place.images, content)


ROWS: tuple[AnyRow, ...] = (
    SocketRow(
        path="/ws/session/{session_id}/worker/{worker_id}",
        converse=worker,
        summary="A worker's terminal: what it shows, and what is typed",
    ),
)
