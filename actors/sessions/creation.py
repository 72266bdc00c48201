"""How a session comes to be: checked, decided, given to its first actor, and waited for.

Part of the directory, in its thread. An id that was allotted in advance makes the session once,
however often it is asked for; requests for a session that is just coming to be wait for it. The
worktree of one that has one is made before it is decided.
"""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from actors.decisions import session as decisions
from actors.decisions.decision import Decision, Given
from actors.decisions.parents import ids_of_line
from actors.messages.creation import IntentSettled, WorktreeMade
from actors.messages.session import AdoptSession, Dispatch
from actors.sessions import checks, references
from actors.sessions.flights import CUT_SHORT, Flight
from actors.sessions.making import Making
from actors.sessions.owed import refused
from storage.data_dir import DEFAULT_WORKSPACE
from storage.journal.log import NAME
from storage.records import event as e
from storage.records import request as r
from storage.records.new_ids import new_id
from storage.records.session import Session

if TYPE_CHECKING:
    from actors.sessions.directory import Directory


class Creation:
    """`pending`: session id -> its first decision, as long as that is not durable."""

    def __init__(self, directory: "Directory") -> None:
        self._directory = directory
        self._around = directory.around
        self.pending: dict[str, Flight] = {}
        self.making = Making(self._around)
        self._waiting: dict[str, list[Dispatch]] = {}

    def create(self, request: r.CreateSession, asked: Dispatch) -> None:
        if asked.allotted and self._is_taken(asked.allotted, asked):
            return
        workspace = DEFAULT_WORKSPACE if request.workspace is None else request.workspace
        refusal = self._refusal() or checks.cannot_create(request, self._around)
        refusal = refusal or self._directory.cannot_open(workspace)
        parent = self._parent(request)
        if refusal or isinstance(parent, r.Refusal):
            asked.reply.send(refusal or parent)
            return
        request = replace(request, parent=parent)
        session_id, given = asked.allotted or new_id(), self._given(workspace)
        verdict = decisions.create(request, session_id, given, self._ancestors(parent))
        if isinstance(verdict, r.Refusal):
            asked.reply.send(verdict)
        elif request.session_type == "worktree":
            self.making.begin(_record(verdict.events), workspace, request, asked)
        else:
            self._begin(session_id, workspace, Flight(verdict, given.now, asked))

    def hears(self, message: object) -> bool:
        """Whether it is about a worktree on its way; then it is dealt with."""
        if isinstance(message, WorktreeMade):
            self._worktree_made(message)
        elif isinstance(message, IntentSettled):
            self.making.settled(message)
            self._go_on(message.session_id)
        else:
            return False
        return True

    def _worktree_made(self, message: WorktreeMade) -> None:
        """Its session is decided only now, on what is so by now."""
        request, asked, session_id = message.request, message.asked, message.session_id
        outcome = self.making.made(message)
        if isinstance(outcome, r.Refusal):
            asked.reply.send(outcome)
            self.settled(session_id)
            return
        given, ancestors = self._given(message.workspace), self._ancestors(request.parent)
        verdict = decisions.create(request, session_id, given, ancestors, outcome.worktree)
        refusal = self._refusal() or self._directory.cannot_open(message.workspace)
        if isinstance(verdict, r.Refusal) or refusal:
            asked.reply.send(refusal or verdict)
            self.settled(session_id)
        else:
            self._begin(session_id, message.workspace, Flight(verdict, given.now, asked))

    def _parent(self, request: r.CreateSession) -> str | r.Refusal | None:
        if request.parent is None:
            return None
        found = self._directory.resolve(request.parent)
        return found if isinstance(found, str) else replace(found, path="$.parent")

    def _ancestors(self, parent: str | None) -> tuple[str, ...]:
        known = self._around.index.session
        first = known(parent) if parent is not None else None
        return ids_of_line(first, known) if first else ()

    def adopt(self, request: AdoptSession, asked: Dispatch) -> None:
        """Its record comes from an older format. An id that was ever used is refused."""
        record = request.record
        refusal = self._refusal() or self._directory.cannot_open(record.workspace)
        if refusal is None and self.was_used(record.id):
            text = f"Session already exists with ID: {record.id}"
            refusal = r.Refusal(code="session-exists", message=text)
        if refusal:
            asked.reply.send(refusal)
            return
        decision = Decision(events=(e.SessionCreated(record),), reply=decisions.RECORD)
        now = self._around.clock.now()
        self._begin(record.id, record.workspace, Flight(decision, now, asked))

    def was_used(self, session_id: str) -> bool:
        """Whether a session has, or ever had, this id; ids are never used again."""
        directory, data = self._directory, self._around.data
        if session_id in directory.entries or session_id in self.pending:
            return True
        if session_id in self._around.index.unreadable:
            return True
        return any(
            (data.session(name, session_id) / NAME).exists()
            or any(data.trash(name).glob(f"{session_id}-*"))
            for name in data.workspace_names()
        )

    def holds_back(self, asked: Dispatch) -> bool:
        """True for a request to a session that is just coming to be: it waits until it is there."""
        request = asked.request
        named = request.session if isinstance(request, r.OfSession) else None
        named = request.parent if isinstance(request, r.CreateSession) else named
        if named is None or not (self.pending or self.making.records):
            return False
        if isinstance(self._directory.resolve(named), str):
            return False
        found = references.resolve(named, self.records())
        if isinstance(found, str):
            self._waiting.setdefault(found, []).append(asked)
        return isinstance(found, str)

    def settled(self, session_id: str) -> None:
        """It has come to be, or never will."""
        self.pending.pop(session_id, None)
        self.making.finish(session_id)
        if session_id in self._directory.entries or not self.making.is_busy(session_id):
            self._go_on(session_id)

    def _go_on(self, session_id: str) -> None:
        for asked in self._waiting.pop(session_id, []):
            self._directory.dispatch(asked)

    def refuse_all(self) -> None:
        self.making.stop()
        for flight in self.pending.values():
            flight.refuse(CUT_SHORT)
        for asked in [asked for waiting in self._waiting.values() for asked in waiting]:
            asked.reply.send(CUT_SHORT)

    def waits_for_undoing(self, session_id: str, asked: Dispatch) -> bool:
        """True where an earlier run left something half made under this id."""
        waits = session_id not in self._directory.entries and self.making.is_busy(session_id)
        if waits:
            self._waiting.setdefault(session_id, []).append(asked)
        return waits

    def _is_taken(self, session_id: str, asked: Dispatch) -> bool:
        """It was asked for before: then its own journal has the answer."""
        is_there = session_id in self._directory.entries
        if session_id in self.pending or (self.making.is_busy(session_id) and not is_there):
            self._waiting.setdefault(session_id, []).append(asked)
        elif is_there or session_id in self._around.index.unreadable:
            self._directory.forward(session_id, asked)
        elif self.was_used(session_id):
            text = f"session {session_id} was created, and has been deleted since"
            asked.reply.send(r.Refusal(code="session-deleted", message=text))
        else:
            return False
        return True

    def _refusal(self) -> r.Refusal | None:
        problem = self._around.health.problem
        return refused(problem) if problem else None

    def _begin(self, session_id: str, workspace: str, first: Flight) -> None:
        self.pending[session_id] = first
        self._directory.start_session(session_id, workspace)

    def _given(self, workspace: str) -> Given:
        return Given(
            now=self._around.clock.now(),
            new_id=new_id,
            settings=partial(self._around.workspaces.settings, workspace),
            prices=self._around.prices,
        )

    def records(self) -> dict[str, Session]:
        """Of those that are coming to be, as far as they are known."""
        pending = {i: _record(flight.events) for i, flight in self.pending.items()}
        return {**self.making.records, **pending}


def _record(events: Iterable[e.Event]) -> Session:
    return next(event for event in events if isinstance(event, e.SessionCreated)).session
