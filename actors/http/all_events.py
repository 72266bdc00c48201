"""`GET /api/events`: what happens in all sessions, as server-sent events out of the ring.

Goes on after `Last-Event-ID` as if it had never been cut. Where that cannot be, a `resync` comes
first with the sessions as they are; one that falls behind what the ring holds is cut, and told so.
"""

from starlette.requests import Request
from starlette.responses import Response

from actors.http import sse
from actors.http.asking import Refused, query_of
from actors.http.front import Front
from actors.http.problem import of_refusal
from actors.http.ring import Kept, Ring
from actors.http.route_table import AnyRow, Row
from actors.http.session_id import session_id_of
from actors.http.waker import Waker
from actors.messages.heard import EVENT_TYPES, is_wanted
from storage import codec
from storage.records.request import Refusal

AT_ONCE = 100
TOO_SLOW = "events came faster than they were read; connect again, and look anew at the resync"


class _Wanted:
    def __init__(self, types: frozenset[str] | None, session_id: str | None) -> None:
        self._types = types
        self._session_id = session_id

    def __contains__(self, kept: Kept) -> bool:
        is_of_it = self._session_id in {None, kept.session_id}
        return is_of_it and is_wanted(kept.type, self._types)


async def events(front: Front, request: Request) -> Response:
    try:
        query = query_of(request, ("types", "session"))
        types = _types(query.get("types"))
        session = await session_id_of(front, query["session"]) if "session" in query else None
    except Refused as error:
        return of_refusal(error.refusal)
    if isinstance(session, Refusal):
        return of_refusal(session)
    told = _told(front, request.headers.get("last-event-id"), _Wanted(types, session))
    return sse.EventStream(told, front.ending)


def _types(text: str | None) -> frozenset[str] | None:
    """Refused."""
    if text is None:
        return None
    types = frozenset(text.split(","))
    if types - EVENT_TYPES:
        wrong = min(types - EVENT_TYPES)
        told = f"there is no event of type {wrong!r}; see the list in docs/protocol.md"
        raise Refused(told, "$.types")
    return types


async def _told(front: Front, last_id: str | None, wanted: _Wanted) -> sse.Chunks:
    ring, waker = front.ring, Waker()
    with ring.listening(waker.wake):
        after = ring.last if last_id is None else ring.number_of(last_id)
        if after is None:
            after = ring.last
            listed = await front.ask({"type": "list-sessions"})
            shown = listed.data if listed.ok else {"error": listed.error}
            content = await front.in_pool(codec.encode, shown)
            yield sse.event("resync", content, ring.id_of(after))
        yield sse.beginning(ring.id_of(after))
        silence = sse.Silence()
        while True:
            found = ring.after(after, AT_ONCE)
            if found is None:
                yield sse.failure("too-slow", TOO_SLOW)
                return
            after += len(found)
            told = [_written(ring, kept) for kept in found if kept in wanted]
            if told:
                yield b"".join(told)
                silence.broken()
            elif silence.seconds_left <= 0:
                yield sse.heartbeat(ring.id_of(after))
                silence.broken()
            if not found:
                await waker.wait(silence.seconds_left)


def _written(ring: Ring, kept: Kept) -> bytes:
    return sse.event(kept.type, kept.content, ring.id_of(kept.number))


ROWS: tuple[AnyRow, ...] = (
    Row(
        method="GET",
        path="/api/events",
        answer=events,
        summary="What happens, as server-sent events; resumes after Last-Event-ID",
        document=sse.document(
            types="Events of these types alone, with commas between them",
            session="Events of one session alone",
        ),
    ),
)
