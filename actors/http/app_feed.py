"""What one client of the app's WebSocket has still to hear, in bounds.

One that reads slowly is not told everything: past a limit it hears how all is, and goes on there.
"""

import threading

from msgspec.structs import replace

from actors.decisions.app_news import Changed, Told, news
from actors.decisions.session_activity import session_activity
from actors.git.looks import shown_of
from actors.http.front import Front
from actors.http.waker import Waker
from actors.messages.recording import Heard, Notice, StoreChanged
from storage import codec
from storage.records import app_message as m
from storage.records.app_message import StoreState
from storage.records.conversation import TurnGrew
from storage.records.session import Session, SessionInfo, ShownStatus, session_info
from storage.records.worker_message import ErrorMessage

MOST_WAITING = 1000
_SAID = {
    "created": m.SessionCreatedMessage,
    "updated": m.SessionUpdatedMessage,
    "paused": m.SessionPausedMessage,
    "resumed": m.SessionResumedMessage,
}


class AppFeed:
    """`hear` may be called from any thread; the rest is for one task on the I/O loop."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._waker = Waker()
        self._lock = threading.Lock()
        self._waiting: list[Heard] = []
        self._is_sync_due = True
        self._is_store_due = False
        self._store = StoreState(state="ok")
        self._statuses: dict[str, ShownStatus] = {}

    def hear(self, notice: Notice) -> None:
        if isinstance(notice, TurnGrew):
            return
        with self._lock:
            if self._is_sync_due:
                return  # what is told then is newer
            if isinstance(notice, StoreChanged):
                self._is_store_due = True
            else:
                self._waiting.append(notice)
            if len(self._waiting) > MOST_WAITING:
                self._sync_next()
        self._waker.wake()

    def request_sync(self) -> None:
        """Tell next how everything is."""
        with self._lock:
            self._sync_next()
        self._waker.wake()

    def _sync_next(self) -> None:
        self._is_sync_due = True
        self._is_store_due = False
        self._waiting.clear()

    async def next(self) -> list[bytes]:
        """The next messages, as JSON, as soon as there are some."""
        while True:
            with self._lock:
                is_sync, self._is_sync_due = self._is_sync_due, False
                taken, self._waiting = self._waiting, []
                is_store, self._is_store_due = self._is_store_due, False
            if is_sync:
                return [await self._sync()]
            said = news(taken, self._statuses)
            said += self._of_store() if is_store else []
            if said:
                return await self._front.in_pool(self._encoded, said)
            await self._waker.wait()

    def _of_store(self) -> list[Told]:
        """Nothing if it is as it was told last."""
        around = self._front.around
        before, now = self._store, around.store_state()
        if now == before:
            return []
        self._store = now
        was, is_ = ({each.session_id for each in one.quarantined} for one in (before, now))
        records = [found for one in was ^ is_ if (found := around.index.session(one))]
        return [m.StoreChangedMessage(store=now), *(Changed(each, "updated") for each in records)]

    async def _sync(self) -> bytes:
        self._store = self._front.around.store_state()
        listed = await self._front.ask({"type": "list-sessions"})
        asked = await self._front.ask({"type": "list-permissions"})
        for answer in (listed, asked):
            if answer.error is not None:
                wrong = ErrorMessage(code=answer.error.code, message=answer.error.message)
                return codec.encode(wrong)
        sessions: tuple[SessionInfo, ...] = tuple(listed.data["sessions"])
        self._statuses = {each.id: each.status for each in sessions}
        told = m.SessionsSyncMessage(
            sessions=sessions, permissions=tuple(asked.data["permissions"]), store=self._store
        )
        return await self._front.in_pool(codec.encode, told)

    # On the pool.

    def _encoded(self, said: list[Told]) -> list[bytes]:
        """A session's directory is looked at as for a listing, which may take a moment."""
        changed = {each.session.id: each.session for each in said if isinstance(each, Changed)}
        infos = self._infos(list(changed.values())) if changed else {}
        return [
            codec.encode(
                _SAID[each.how](session=infos[each.session.id])
                if isinstance(each, Changed)
                else each
            )
            for each in said
        ]

    def _infos(self, sessions: list[Session]) -> dict[str, SessionInfo]:
        around = self._front.around
        looks, quarantined = around.looks.known(sessions), around.index.quarantined()
        return {
            each.id: replace(
                session_info(
                    each,
                    session_activity(each, around.activities),
                    is_quarantined=each.id in quarantined,
                ),
                **shown_of(each, looks[each.id]),
            )
            for each in sessions
        }
