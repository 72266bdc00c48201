"""`GET /api/responses/{response_id}/events`: an answer while it grows, as server-sent events.

Each event has a turn as it is by then, so that who comes late, comes again or reads slowly is shown
the newest of it and nothing is piled up. The last is `end`, with all of it.
"""

import threading
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from actors.http import sse
from actors.http.asking import Refused, query_of
from actors.http.front import Front
from actors.http.problem import of_refusal
from actors.http.route_table import AnyRow, Row
from actors.http.waker import Waker
from actors.messages.recording import Notice, Published
from storage import codec
from storage.records.conversation import Round, Turn, TurnGrew
from storage.records.event import (
    PromptDelivered,
    PromptPutBack,
    PromptSubmitted,
    PromptTyped,
    RequestCompleted,
    SessionDeleted,
)
from storage.records.permission import PermissionRequest
from storage.records.request import Refusal

END = "end"
_MOVES_ON = (RequestCompleted, PromptTyped, PromptSubmitted, PromptPutBack, PromptDelivered)


class News:
    """What has become of a response since the last look: of each turn only the newest."""

    def __init__(self, response_id: str, waker: Waker) -> None:
        self._response_id = response_id
        self._waker = waker
        self._lock = threading.Lock()
        self._turns: dict[int, TurnGrew] = {}
        self._has_moved_on = False

    def hear(self, notice: Notice) -> None:
        """From any thread."""
        if isinstance(notice, TurnGrew):
            if notice.response_id != self._response_id or notice.turn is None:
                return
            with self._lock:
                self._turns[notice.turn.number] = notice
        elif isinstance(notice, Published) and any(map(self._is_of_it, notice.events)):
            with self._lock:
                self._has_moved_on = True
        else:
            return
        self._waker.wake()

    def _is_of_it(self, event: Any) -> bool:
        is_own = isinstance(event, _MOVES_ON) and event.response_id == self._response_id
        return is_own or isinstance(event, SessionDeleted)

    def take(self) -> tuple[list[TurnGrew], bool]:
        """The turns in order, and whether the response itself is another now."""
        with self._lock:
            turns, has_moved_on = self._turns, self._has_moved_on
            self._turns, self._has_moved_on = {}, False
        return [turns[number] for number in sorted(turns)], has_moved_on


class Shown:
    """What a reader was sent, so that it is sent what is newer and nothing else."""

    def __init__(self, response_id: str, from_turn: int) -> None:
        self._response_id = response_id
        self._from_turn = from_turn
        self._turns: dict[int, tuple[Turn, tuple[PermissionRequest, ...]]] = {}
        self._delivery: Any = None

    def turn(self, turn: Turn, asked: tuple[PermissionRequest, ...] | None = None) -> bytes:
        """Empty if it is no news. `asked`: what it waits for, None if that is not known here."""
        before, waited_for = self._turns.get(turn.number, (None, ()))
        waits_for = waited_for if asked is None else asked
        is_late = turn.number < self._from_turn or (before and _progress(turn) < _progress(before))
        if is_late or (turn, waits_for) == (before, waited_for):
            return b""
        self._turns[turn.number] = (turn, waits_for)
        told = {"response_id": self._response_id, "number": turn.number, "turn": turn}
        if waits_for:
            told["permissions"] = waits_for
        return sse.event("turn", codec.encode(told), str(turn.number))

    def record(self, found: Any) -> bytes:
        """Of a round its turns, of a prompt its delivery."""
        if isinstance(found, Round):
            return b"".join(map(self.turn, found.turns))
        if found["delivery"] == self._delivery:
            return b""
        self._delivery = found["delivery"]
        return sse.event("delivery", codec.encode(found))


def _progress(turn: Turn) -> tuple[int, bool, int]:
    return turn.retries, turn.status != "streaming", len(turn.text)


async def events(front: Front, request: Request) -> Response:
    last_id = request.headers.get("last-event-id", "")
    if last_id == END:
        return Response(status_code=204)  # what makes a browser ask no more
    try:
        query_of(request, ())
    except Refused as error:
        return of_refusal(error.refusal)
    response_id = request.path_params["response_id"]
    found = await _look(front, response_id)
    if isinstance(found, Refusal):
        return of_refusal(found)
    from_turn = int(last_id[:9]) if last_id.isascii() and last_id.isdigit() else 0
    return sse.EventStream(_told(front, response_id, from_turn), front.ending)


async def _told(front: Front, response_id: str, from_turn: int) -> sse.Chunks:
    waker, shown = Waker(), Shown(response_id, from_turn)
    news = News(response_id, waker)
    source = front.around.broadcaster.subscribe(news.hear)
    try:
        yield sse.beginning()
        warnings = await front.in_pool(_warnings, front, response_id)
        if warnings:
            yield sse.event("warnings", codec.encode({"warnings": [warnings]}))
        has_moved_on = True
        while True:
            if has_moved_on:
                found = await _look(front, response_id)
                if isinstance(found, Refusal):
                    yield sse.failure(found.code, found.message)
                    return
                yield shown.record(found)
                if not _is_open(found):
                    yield sse.event(END, await front.in_pool(codec.encode, found), END)
                    return
            turns, has_moved_on = news.take()
            yield b"".join(shown.turn(each.turn, each.permissions) for each in turns if each.turn)
            is_quiet = not turns and not has_moved_on
            if is_quiet and not await waker.wait(sse.HEARTBEAT_SECONDS):
                yield sse.heartbeat()
    finally:
        source.unsubscribe()


async def _look(front: Front, response_id: str) -> Any:
    """The Round, the record of a prompt's delivery, or the Refusal."""
    answer = await front.ask({"type": "get-response", "response_id": response_id})
    return answer.error or answer.data


def _is_open(found: Any) -> bool:
    is_open: bool = (found if isinstance(found, Round) else found["delivery"]).is_open
    return is_open


def _warnings(front: Front, response_id: str) -> str:
    """What whoever reads the answer should know of its workspace; it is read from a file."""
    session = front.around.index.session(response_id.rpartition("-")[0])
    return front.around.workspaces.in_words(session.workspace) if session else ""


ROWS: tuple[AnyRow, ...] = (
    Row(
        method="GET",
        path="/api/responses/{response_id}/events",
        answer=events,
        summary="An answer while it grows, as server-sent events",
        document=sse.document(),
    ),
)
