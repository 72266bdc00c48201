"""What a session was at an earlier number of its journal, and what happened after one.

Part of the directory. Journals are read on the recorder's pool, so that no actor waits; one that is
damaged is read as far as it is whole, and one in the trash as if it were not there. None of them is
changed.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from actors.messages.heard import in_journal
from actors.messages.session import Dispatch
from actors.sessions import quarantine
from actors.sessions.flights import answered_alone
from storage import as_of, trash
from storage.errors import JournalCorrupt, JournalTooNew, StorageError
from storage.journal.page import page_after, whole_page_after
from storage.records import request as r
from storage.records.conversation import History
from storage.records.request_kinds import is_of_the_past

if TYPE_CHECKING:
    from actors.sessions.directory import Directory
    from actors.sessions.order import Order

_ANSWERED = (r.GetEvents,)
_Past = r.GetEvents | r.GetSession | r.GetHistory


class Place(Struct, frozen=True):
    """Where a session's journal lies. `last`: what it says above that is not durable yet."""

    session_id: str
    directory: Path
    last: int | None


class Past:
    """`answers`, `answer` and `live` are for the directory's thread."""

    def __init__(self, directory: "Directory", order: "Order") -> None:
        self._directory = directory
        self._order = order
        self._data = directory.around.data

    def answers(self, request: r.RequestBase) -> bool:
        return is_of_the_past(request)

    def answer(self, asked: Dispatch) -> None:
        assert isinstance(asked.request, _Past)
        if self._order.answers(asked):
            return
        found = self._directory.resolve(asked.request.session)
        place = self.live(found) if isinstance(found, str) else found
        self._directory.around.recording.pool.submit(self._answer, asked, asked.request, place)

    def live(self, session_id: str) -> Place:
        """Of a session that is among the others, damaged or not."""
        entry = self._directory.entries.get(session_id)
        names = [entry.session.workspace] if entry else self._data.workspace_names()
        places = [self._data.session(name, session_id) for name in names]
        directory = next((place for place in places if place.exists()), places[0])
        is_damaged = session_id in self._directory.around.index.unreadable
        return Place(session_id, directory, entry.end.n if entry and not is_damaged else None)

    # On the pool.

    def _answer(self, asked: Dispatch, request: _Past, place: Place | r.Refusal) -> None:
        with answered_alone(asked):
            if isinstance(place, r.Refusal):
                place = self._deleted(request.session, place)
            if isinstance(place, r.Refusal):
                is_none = isinstance(request, r.GetSession) and place.code == "session-not-found"
                asked.reply.send(None if is_none else place)
                return
            try:
                told = _told(request, place)
            except (StorageError, OSError) as error:
                path = "$.after" if isinstance(request, r.GetEvents) else "$.at"
                asked.reply.send(refused(place.session_id, error, path))
            else:
                asked.reply.send(told)

    def _deleted(self, reference: str, live: r.Refusal) -> Place | r.Refusal:
        """One in the trash, where none is among the others."""
        if live.code != "session-not-found":
            return live
        item = trash.find(self._data, reference)
        if isinstance(item, r.Refusal):
            return live if item.code == live.code else item
        return Place(item.id, item.directory, None)


def refused(session_id: str, error: Exception, path: str = "$.at") -> r.Refusal:
    """Why its journal does not tell. `path`: where the request names the number."""
    if isinstance(error, JournalCorrupt | JournalTooNew):
        return quarantine.refusal(session_id, str(error))
    if isinstance(error, as_of.NumberNotFound):
        return r.Refusal(code=error.code, message=str(error), path=path)
    code = error.code if isinstance(error, StorageError) else "storage-failed"
    return r.Refusal(code=code, message=str(error))


def _told(request: _Past, place: Place) -> object:
    if isinstance(request, r.GetEvents):
        return _events(request, place)
    state = as_of.state_at(place.directory, place.session_id, request.at or 0, place.last)
    if isinstance(request, r.GetSession):
        return state.record
    rounds = sorted([*state.rounds, *state.open_rounds], key=lambda one: one.created_at)
    return History(rounds=tuple(rounds))


def _events(request: r.GetEvents, place: Place) -> dict[str, Any]:
    """`next` is the number to go on after; it is `end` when there is no more."""
    after, limit = request.after, request.limit
    if place.last is None:
        page = whole_page_after(place.directory, after, limit)
    else:
        page = page_after(place.directory, after, limit, place.last)
    if after > page.end:
        raise as_of.NumberNotFound(place.session_id, after, page.end)
    told = [in_journal(place.session_id, c.n, c.at, c.events) for c in page.commits]
    return {
        "events": [event for line in told for event in line],
        "next": page.commits[-1].n if page.commits else after,
        "end": page.end,
    }
