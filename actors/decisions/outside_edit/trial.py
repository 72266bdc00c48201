"""PURE: the commands of an edit, each decided on what is now before any of them is sent.

A refusal is told with the place in the file that it is about.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from actors.decisions import session, table
from actors.decisions.decision import Decision, Given, Verdict
from actors.decisions.outside_edit import values
from storage import codec, fold
from storage.errors import FileRefused
from storage.journal.frame import LINE_LIMIT_BYTES
from storage.records import event as e
from storage.records import request as r
from storage.records.session import Session
from storage.state import SessionState

CHANGE_LIMIT_BYTES = LINE_LIMIT_BYTES - 4096
"""Of the events of one command: they stand in one line, with its number, time and so on."""

Check = Callable[[r.AnyRequest, Session | None], r.Refusal | None]
"""What no decision can know, say of directories; with the session as it will be by then."""


class Change(Struct, frozen=True):
    """A command that the edit asks for. `allotted`: the id of the session that it creates.

    `position` belongs to this change of this file alone, however often and over whatever state the
    file is merged: a request id made of it and the file's hash is done once.
    """

    request: r.AnyRequest
    position: int
    allotted: str | None = None


class Step(Struct, frozen=True, kw_only=True):
    """A command as JSON. `at` is what it is about; `places`: its own paths -> those of the file."""

    raw: dict[str, Any]
    position: int
    at: str
    places: tuple[tuple[str, str], ...] = ()
    allotted: str | None = None


class Trial:
    """The sessions as they become, command by command."""

    def __init__(self, ours: Mapping[str, Session], given: Given, check: Check) -> None:
        self._ours = ours
        self._states: dict[str, SessionState] = {}
        self._given = given
        self._check = check

    def change(self, step: Step) -> Change:
        """The step as a change. FileRefused if it would be refused."""
        try:
            request: r.AnyRequest = values.convert(step.raw, r.AnyRequest)
        except FileRefused as problem:
            raise FileRefused(str(problem), path=_place(step, problem.path)) from problem
        session_id = step.allotted or step.raw["session"]
        before = self._state(session_id)
        refusal = self._check(request, before.session)
        verdict = refusal or self._decided(request, session_id, before)
        if isinstance(verdict, r.Refusal):
            raise FileRefused(verdict.message, path=_place(step, verdict.path))
        _require_room(step, verdict)
        after = fold.apply_all(before, verdict.events, self._given.now)
        self._states[session_id] = self._settled(after, request)
        return Change(request, step.position, step.allotted)

    def _state(self, session_id: str) -> SessionState:
        known = self._states.get(session_id)
        return known or SessionState(session=self._ours.get(session_id))

    def _decided(self, request: r.AnyRequest, session_id: str, before: SessionState) -> Verdict:
        if isinstance(request, r.CreateSession):
            return session.create(request, session_id, self._given)
        return table.decide(before, request, self._given)

    def _settled(self, state: SessionState, request: r.AnyRequest) -> SessionState:
        """The next command is sent when this one is answered: a worker that was ended is gone."""
        if isinstance(request, r.DeleteWorker) and state.record.worker(request.worker):
            return fold.apply(state, e.WorkerDeleted(request.worker), self._given.now)
        return state


def _require_room(step: Step, decision: Decision) -> None:
    size_bytes = len(codec.encode(decision.events))
    if size_bytes > CHANGE_LIMIT_BYTES:
        text = f"{size_bytes} bytes are more than the {CHANGE_LIMIT_BYTES} that one change may have"
        raise FileRefused(f"{text}; put in less at once", path=step.at)


def _place(step: Step, path: str | None) -> str:
    for own, place in step.places:
        if path and (path == own or path.startswith((f"{own}.", f"{own}["))):
            return place + path.removeprefix(own)
    return step.at
