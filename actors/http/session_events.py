"""`GET /api/sessions/{session}/events`: what happened in one session, exact for ever.

A page of its journal; or, as server-sent events, the journal from a number on and then what comes.
The seam cannot be seen: a live event is told only when it is the next number, and else the journal
is read. So a slow reader misses nothing either. An id is `<number>.<how many of its line>`.
"""

import re
import threading
from collections import deque
from typing import Any

from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response

from actors.http import sse
from actors.http.asking import Refused, asked_of
from actors.http.calls import rest_row
from actors.http.front import Front
from actors.http.problem import of_refusal
from actors.http.route_table import AnyRow
from actors.http.session_id import session_id_of
from actors.http.waker import Waker
from actors.messages.heard import heard
from actors.messages.recording import Notice, Published
from storage import codec
from storage.records.request import GetEvents, Refusal

AT_ONCE = 200
MOST_WAITING = 256
"""Commits that the reader has not taken; more, and it reads them from the journal."""
_ID = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,6}))?")


class Tail:
    """What was committed since the last look, in order; nothing if that was too much."""

    def __init__(self, waker: Waker) -> None:
        self._waker = waker
        self._waiting: deque[Published] = deque()
        self._lock = threading.Lock()

    def hear(self, notice: Notice) -> None:
        """From any thread."""
        if not isinstance(notice, Published):
            return
        with self._lock:
            if len(self._waiting) == MOST_WAITING:
                self._waiting.clear()
            self._waiting.append(notice)
        self._waker.wake()

    def take(self) -> list[Published]:
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
        return taken


class Reader:
    """`after`: the number up to which all is told, and of the line after it `part` events."""

    def __init__(self, front: Front, session_id: str, after: int, part: int) -> None:
        self._front = front
        self._session_id = session_id
        self._after = after
        self._part = part

    async def told(self) -> sse.Chunks:
        waker = Waker()
        tail = Tail(waker)
        source = self._front.around.broadcaster.subscribe(tail.hear, self._session_id)
        try:
            yield sse.beginning()
            while True:
                page = await self._page()
                if isinstance(page, Refusal):
                    yield sse.failure(page.code, page.message)
                    return
                if page["events"]:
                    yield await self._front.in_pool(self._written, page["events"])
                if page["next"] < page["end"]:
                    continue
                while not self._is_behind():
                    live = self._next_of(tail.take())
                    if live is None:
                        break
                    if live:
                        yield self._written(live)
                    elif not await waker.wait(sse.HEARTBEAT_SECONDS):
                        yield sse.heartbeat()
        finally:
            source.unsubscribe()

    async def _page(self) -> Any:
        asked = {"session": self._session_id, "after": self._after, "limit": AT_ONCE}
        answer = await self._front.ask({"type": "get-events", **asked})
        return answer.error or answer.data

    def _is_behind(self) -> bool:
        """Something was written that nobody told, as when it came back from the trash."""
        entry = self._front.around.index.entries.get(self._session_id)
        return entry is not None and entry.end.n > self._after

    def _next_of(self, taken: list[Published]) -> list[dict[str, Any]] | None:
        """The events that come next; None if the journal has to tell them."""
        events: list[dict[str, Any]] = []
        last = self._after
        for line in taken:
            if line.n > last + 1:
                return None
            if line.n == last + 1:
                events += heard(line)
                last = line.n
        return events

    def _written(self, events: list[dict[str, Any]]) -> bytes:
        """All of them are told by that."""
        chunks = []
        n, part, first = 0, 0, self._after + 1
        for each in events:
            part = part + 1 if each["n"] == n else 1
            n = each["n"]
            if n > first or part > self._part:
                chunks.append(sse.event(each["type"], codec.encode(each), f"{n}.{part}"))
        self._after, self._part = n, 0
        return b"".join(chunks)


_PAGE = rest_row(
    "GET",
    "/api/sessions/{session}/events",
    "get-events",
    "What happened after a number; as server-sent events it goes on",
)


async def events(front: Front, request: Request) -> Response:
    if not sse.is_wanted(request):
        return await _PAGE.answer(front, request)
    try:
        asked = await asked_of(front, request, GetEvents, _PAGE.path)
        after, part = _position(asked.message, request.headers.get("last-event-id"))
    except Refused as error:
        return of_refusal(error.refusal)
    found = await session_id_of(front, request.path_params["session"])
    if isinstance(found, Refusal):
        return of_refusal(found)
    first = await front.ask({"type": "get-events", "session": found, "after": after, "limit": 1})
    if first.error is not None:
        return of_refusal(first.error)
    return sse.EventStream(Reader(front, found, after, part).told(), front.ending)


def _position(message: dict[str, Any], last_id: str | None) -> tuple[Any, int]:
    """After which number it begins, and after how many events of the next line. Refused."""
    if last_id is None:
        return message.get("after", 0), 0
    found = _ID.fullmatch(last_id)
    if found is None:
        raise Refused("Last-Event-ID is the id of an event of this session, as it was sent")
    n, part = int(found[1]), int(found[2] or 0)
    return (n - 1, part) if n and part else (n, 0)


ROWS: tuple[AnyRow, ...] = (structs.replace(_PAGE, answer=events),)
