"""Knows every session, starts and stops their actors, and hands each request to the right one.

The only one that does so: a message for a session whose actor is just stopping waits here and goes
to the next one. Keeps the durable record of every session, so that listings and look-ups wake none.
"""

import logging
import threading
from typing import Any

from msgspec.structs import replace

from actors.decisions import processes
from actors.messages.creation import WorktreeMade
from actors.messages.session import (
    AdoptSession,
    Advanced,
    Dispatch,
    Disposed,
    Idle,
    OpenWorkspace,
)
from actors.messages.shelf import TakenIn
from actors.messages.supervision import Down, Left, Verdict
from actors.recording.projector import Projector
from actors.sessions import checks, quarantine, references
from actors.sessions.alarms import Alarms, LookAtTimers
from actors.sessions.callers import Callers
from actors.sessions.closed_questions import ClosedQuestions
from actors.sessions.creation import Creation
from actors.sessions.flights import CUT_SHORT, answered_alone
from actors.sessions.forking import Forking
from actors.sessions.look_ups import LookUps
from actors.sessions.order import Order
from actors.sessions.past import Past
from actors.sessions.session_actor import SessionActor
from actors.sessions.shelf import Shelf
from actors.supervision import ActorRef, ChildContext, ChildSpec, Supervisor, tell
from actors.surroundings import Surroundings
from storage import catalog, trash
from storage.catalog import CatalogEntry
from storage.errors import StorageError
from storage.journal import find
from storage.journal.frame import JournalEnd
from storage.records import request as r
from storage.records.session import Session

_log = logging.getLogger(__name__)

SESSION_SHUTDOWN_SECONDS = 30.0
NEXT_SECONDS = 5.0
"""A directory that crashed is started again after half a second."""


class Directory(Supervisor):
    strategy = "one_for_one"

    def __init__(self, context: ChildContext, around: Surroundings) -> None:
        super().__init__(context)
        self.around = around
        self.entries = around.index.entries
        self._unreadable = around.index.unreadable
        self._projectors = around.index.projectors
        self._held: dict[str, list[Dispatch]] = {}
        self._creation = Creation(self)
        self._handed_over: dict[str, int] = {}
        self._look_ups = LookUps(self)
        self._order = Order(self, self._look_ups)
        self._ended = find.Ended()
        self._closed = ClosedQuestions()
        self._alarms = Alarms(self)
        self._callers = Callers(self, self._creation)
        self._shelf = Shelf(self)
        self._past = Past(self, self._order)
        self._forking = Forking(self, self._creation, self._past)
        self._trashing = threading.Lock()
        around.directory.ref = self.actor_ref  # what is told from now on waits in the inbox

    # Start and end.

    def started(self) -> None:
        self.around.index.is_read = False
        for projector in self._projectors.values():
            projector.retire()
        self.entries.clear()
        self._unreadable.clear()
        self.around.index.given_up.clear()
        for workspace in self.around.data.workspace_names():
            self._load(workspace)
        self.around.index.is_read = True
        self.around.store_changed()
        for session_id in [i for i, entry in self.entries.items() if _goes_on(entry)]:
            self._wake(session_id)
        self._shelf.started()
        self._creation.making.started()

    def _load(self, workspace: str) -> None:
        loaded = catalog.load(self.around.data, workspace)
        projector = Projector(
            self.around.data,
            workspace,
            self.around.recording,
            self.context.clock,
            lambda: self._snapshot(workspace),
            self.around.store_changed,
        )
        projector.begin(loaded.revision)
        self._projectors[workspace] = projector
        self.entries.update(loaded.entries)
        self._unreadable.update(loaded.unreadable)
        self._alarms.follow(*loaded.entries.values())
        if not loaded.is_current:
            projector.touch()

    def _snapshot(self, workspace: str) -> list[Any]:
        """For the projector, from its own thread: the dict's values are taken in one step. One that
        is being deleted is left out, so that a start looks into its journal.
        """
        return [
            (entry.session, entry.end)
            for entry in list(self.entries.values())
            if entry.session.workspace == workspace and not entry.deleting
        ]

    def stopping(self) -> None:
        self._alarms.forget()
        for projector in self._projectors.values():
            projector.write()
            projector.retire()
        for asked in [asked for held in self._held.values() for asked in held]:
            asked.reply.send(CUT_SHORT)
        self._creation.refuse_all()

    def dropped(self, message: Any) -> None:
        """The next incarnation takes it, if there is one."""
        if isinstance(message, Dispatch):
            self.around.directory.tell_within(
                NEXT_SECONDS, message, self.context.clock, lambda: message.reply.send(CUT_SHORT)
            )
        elif isinstance(message, Disposed):
            for reply in message.replies:
                reply.send(CUT_SHORT)
        elif isinstance(message, TakenIn):
            self._shelf.dropped(message)
        elif isinstance(message, WorktreeMade):
            self._creation.making.dropped(message)

    # What arrives.

    def handle(self, message: Any) -> object:
        match message:
            case Dispatch():
                self.dispatch(message)
            case Advanced():
                self._advanced(message)
            case OpenWorkspace():
                self.cannot_open(message.name)
            case Idle():
                self._passivate(message)
            case Disposed():
                self._disposed(message)
            case TakenIn():
                self._shelf.take_in(message)
            case LookAtTimers():
                self._alarms.look()
            case _ if not self._creation.hears(message):
                return super().handle(message)
        return None

    def known(self, session_id: str) -> Session | r.Refusal:
        """The durable record; `session-quarantined` where not even that is known."""
        entry = self.entries.get(session_id)
        if entry:
            return entry.session
        reason = self._unreadable.get(session_id, "it is just being ended")
        return quarantine.refusal(session_id, reason)

    def dispatch(self, asked: Dispatch) -> None:
        """Hand a request to where it is answered. A fault over it is its own alone."""
        with answered_alone(asked):
            if not self._creation.holds_back(asked):
                self._callers.pass_on(asked, self._dispatch)

    def _dispatch(self, asked: Dispatch) -> None:
        request = asked.request
        if isinstance(request, r.CreateSession):
            self._creation.create(request, asked)
        elif isinstance(request, AdoptSession):
            self._creation.adopt(request, asked)
        elif self._past.answers(request):
            self._past.answer(asked)
        elif self._look_ups.answers(request):
            if not self._order.answers(asked):
                self._look_ups.answer(request, asked.reply)
        elif self._shelf.answers(request):
            self._shelf.answer(asked)
        elif isinstance(request, r.ForkSession):
            self._forking.fork(request, asked)
        elif isinstance(request, references.OfPart):
            self._of_part(request, asked)
        elif isinstance(request, r.OfSession):
            self._of_session(request, asked)

    def _of_part(self, request: references.OfPart, asked: Dispatch) -> None:
        request = self._closed.by_whole_id(request)
        session_id = references.session_of(request)
        if session_id in self.entries or session_id in self._unreadable:
            self.forward(session_id, replace(asked, request=request))
        else:
            asked.reply.send(references.no_part(request))

    def _of_session(self, request: r.OfSession, asked: Dispatch) -> None:
        found = self.resolve(request.session)
        if isinstance(found, str):
            self.forward(found, asked)
        elif isinstance(request, r.DeleteSession) and found.code == "session-not-found":
            asked.reply.send({"deleted": asked.again and self._was_deleted_by(asked)})
        else:
            asked.reply.send(found)

    def resolve(self, reference: str) -> str | r.Refusal:
        """The id that a reference means, among all sessions, those that cannot be read included."""
        if reference in self.entries or reference in self._unreadable:
            return reference
        sessions = {key: entry.session for key, entry in self.entries.items()}
        return references.resolve(reference, sessions)

    def _was_deleted_by(self, asked: Dispatch) -> bool:
        """Whether this very request was done before a crash, and nobody saw its answer."""
        places = [item.directory for item in trash.shelved(self.around.data)]
        return self._ended.holds(places, asked.request_id or "")

    def cannot_open(self, workspace: str) -> r.Refusal | None:
        """A workspace whose directory was made while we ran is loaded with its first session."""
        if workspace in self._projectors:
            return None
        try:
            self.around.data.prepare_workspace(workspace)
            self._load(workspace)
        except (StorageError, OSError) as error:
            text = f"workspace {workspace} cannot be used: {error}"
            return r.Refusal(code="storage-failed", message=text, path="$.workspace")
        return None

    # Actors of sessions.

    def _spec(self, session_id: str, workspace: str) -> ChildSpec:
        def start(context: ChildContext) -> ActorRef[Any]:
            entry = self.entries.get(session_id)
            first = None if entry else self._creation.pending.get(session_id)
            number = entry.end.n if entry else 0
            self._handed_over[session_id] = 0
            return SessionActor.start(context, self.around, session_id, workspace, first, number)

        return ChildSpec(
            id=session_id,
            start=start,
            restart="transient",
            kind="supervisor",
            shutdown_seconds=SESSION_SHUTDOWN_SECONDS,
        )

    def start_session(self, session_id: str, workspace: str) -> None:
        """The first actor of a session that is coming to be."""
        self.add_child(self._spec(session_id, workspace))

    def _wake(self, session_id: str) -> None:
        if self.child_ref(session_id) is None and session_id not in self.children():
            self.add_child(self._spec(session_id, self.entries[session_id].session.workspace))

    def forward(self, session_id: str, asked: Dispatch) -> None:
        """Hand over to the session's actor, which is started if need be."""
        reason = self.around.index.quarantined().get(session_id)
        if reason:
            quarantine.answer(self, session_id, reason, asked)
            return
        if isinstance(asked.request, r.OfSession):
            refusal = checks.cannot_run(
                asked.request, self.entries[session_id].session, self.around
            )
            if refusal:
                asked.reply.send(refusal)
                return
        self._wake(session_id)
        self.hand_over(session_id, asked)

    def hand_over(self, session_id: str, asked: Dispatch) -> None:
        """To its actor; held back while there is none, or one that is just ending."""
        self._order.handed_over(session_id, asked)
        ref = self.child_ref(session_id)
        if ref is not None and tell(ref, asked):
            self._handed_over[session_id] = self._handed_over.get(session_id, 0) + 1
        else:
            self._held.setdefault(session_id, []).append(asked)

    def is_occupied(self, session_id: str) -> bool:
        """Whether it has an actor, or will have one for what is held back."""
        return session_id in self._held or self.child_ref(session_id) is not None

    def _passivate(self, idle: Idle) -> None:
        if self._handed_over.get(idle.session_id) == idle.requests:
            self.stop_child(idle.session_id)

    def child_started(self, child_id: str, ref: ActorRef[Any]) -> None:
        quarantine.lift(self.around, child_id)
        for asked in self._held.pop(child_id, []):
            self.hand_over(child_id, asked)

    def may_restart(self, child_id: str, down: Down) -> bool:
        if quarantine.is_unreadable(down):
            self._unreadable[child_id] = (down.error or "").partition(": ")[2]
            self.around.store_changed()
            return False
        return child_id in self.entries

    def child_down(self, child_id: str, down: Down, verdict: Verdict) -> None:
        quarantine.note(self.around, child_id, down, verdict)
        first = self._creation.pending.get(child_id)
        if first:
            text = f"the session could not be created: {down.error}"
            first.refuse(r.Refusal(code="internal-error", message=text))
        if isinstance(verdict, Left) and child_id not in self.entries:
            # It never came to be, so that nothing of it stays in the tree.
            self.stop_child(child_id)
        self._creation.settled(child_id)
        for asked in self._held.pop(child_id, []):
            self.dispatch(asked)

    # What sessions say.

    def _advanced(self, message: Advanced) -> None:
        if message.session is None:
            self._creation.settled(message.session_id)
            return
        known = self.entries.get(message.session_id)
        if known is None or known.end.n <= message.end.n:
            self._closed.note(known, message.session)
            entry = CatalogEntry(message.session, message.end, message.deleting)
            self.entries[message.session_id] = entry
            self._alarms.follow(entry)
            self._projectors[message.session.workspace].touch()
        self._creation.settled(message.session_id)

    def take_in(self, session: Session, end: JournalEnd) -> r.Refusal | None:
        """A session that came to stand among the others on disk while we run."""
        refusal = self.cannot_open(session.workspace)
        if refusal is None:
            if self._unreadable.pop(session.id, None) is not None:
                self.entries.pop(session.id, None)
                self.around.store_changed()
            self._advanced(Advanced(session.id, session, end))
            if _goes_on(self.entries[session.id]):
                self._wake(session.id)
        return refusal

    def _disposed(self, message: Disposed) -> None:
        """Its directory goes to the trash once its actor has let go of it."""
        if self._shelf.is_back(message):
            _say_deleted(message)
            return
        self.entries.pop(message.session_id, None)
        self.around.index.not_durable.pop(message.session_id, None)
        self._handed_over.pop(message.session_id, None)
        self._order.forget(message.session_id)
        self._projectors[message.workspace].touch()
        self.stop_child(message.session_id)
        self.around.recording.pool.submit(self._to_trash, message)

    def _to_trash(self, message: Disposed) -> None:
        """On the pool: closing the journal waits for its last sync."""
        answer: Any = message.told
        if self._shelf.is_back(message):
            _say_deleted(message)
            return
        try:
            self.around.recording.release(
                self.around.data.session(message.workspace, message.session_id)
            )
            with self._trashing:
                trash.move_to_trash(
                    self.around.data, message.workspace, message.session_id, message.end.n
                )
        except FileNotFoundError:
            _log.warning("session %s: deleted; its files were gone before", message.session_id)
        except (OSError, StorageError) as error:
            text = f"deleted, but its files could not be moved to the trash: {error}"
            answer = r.Refusal(code="storage-failed", message=text)
        for reply in message.replies:
            reply.send(answer)


def _say_deleted(message: Disposed) -> None:
    """It was, and came back before the last who asked for it was told."""
    for reply in message.replies:
        reply.send(message.told)


def _goes_on(entry: CatalogEntry) -> bool:
    """Boot wakes it, as it has something to go on with; the session itself decides what."""
    return entry.deleting or processes.goes_on(entry.session)
