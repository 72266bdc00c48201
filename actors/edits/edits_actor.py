"""Takes what was saved in place of `sessions.json`, by whatever editor, and hands in what it asks.

A report of the watch only means "look now", and there is a look every few seconds anyway. Each
workspace has a desk of its own.
"""

import logging
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTimeError
from functools import partial
from typing import Any

from msgspec import Struct

from actors.edits.desk import Desk
from actors.edits.errand import Errand
from actors.edits.plan import Task, request_id
from actors.gateway import NOT_READY, Gateway
from actors.messages.edits import LookAtSessions
from actors.messages.session import AdoptSession, Dispatch, OpenWorkspace, Reply
from actors.sessions.flights import CUT_SHORT
from actors.supervision import BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from storage import codec
from storage.errors import StorageFull
from storage.records.new_ids import new_id
from storage.records.request import Answer, Refusal

_log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
AGAIN_SECONDS = 0.5
"""A task for which nobody was there, or no room, is handed in again after this at the earliest."""

CATCH_UP_SECONDS = 2.0
_TRANSIENT = frozenset({NOT_READY.code, CUT_SHORT.code})


class LookRegularly:
    """Some seconds have passed."""


class LookSoon(Struct, frozen=True):
    """Somebody was just saving there."""

    workspace: str


class Answered(Struct, frozen=True):
    """A task has its answer."""

    workspace: str
    errand: Errand
    position: int
    answer: Answer


class TryAgain(Struct, frozen=True):
    """A task could not be dealt with just then."""

    workspace: str
    errand: Errand
    position: int


class EditsActor(BaseActor):
    def __init__(self, context: ChildContext, around: Surroundings, gateway: Gateway) -> None:
        super().__init__(context)
        around.edits.ref = self.actor_ref
        self._around = around
        self._gateway = gateway
        self._desks: dict[str, Desk] = {}
        self._due_soon: set[str] = set()

    def started(self) -> None:
        self._look_regularly()

    def on_message(self, message: Any) -> object:
        match message:
            case LookAtSessions(None):
                self._look_everywhere()
            case LookAtSessions(workspace, is_finished):
                self._desk(str(workspace)).look(is_finished=is_finished)
            case LookSoon(workspace):
                self._due_soon.discard(workspace)
                self._desk(workspace).look()
            case LookRegularly():
                self._look_regularly()
            case Answered():
                self._answered(message)
            case TryAgain():
                self._desk(message.workspace).try_again(message.errand, message.position)
            case _:
                return super().on_message(message)
        return None

    def _look_regularly(self) -> None:
        self._look_everywhere()
        self.context.clock.after(LOOK_SECONDS, lambda: tell(self.actor_ref, LookRegularly()))

    def _look_everywhere(self) -> None:
        for name in self._around.data.workspace_names():
            self._desk(name).look()

    def _desk(self, workspace: str) -> Desk:
        """Also sees to it that the workspace is known, whose directory may be new."""
        if workspace not in self._around.index.projectors:
            self._around.directory.tell(OpenWorkspace(workspace))
        return self._desks.setdefault(workspace, Desk(self._around, workspace, self))

    # For the desks.

    def look_later(self, workspace: str, seconds: float) -> None:
        if workspace not in self._due_soon:
            self._due_soon.add(workspace)
            look = LookSoon(workspace)
            self.context.clock.after(seconds, lambda: tell(self.actor_ref, look))

    def is_caught_up(self) -> bool:
        """The directory hears of a change before whoever asked for it: once it has come to a
        question of ours, it has heard of all that was answered before.
        """
        heard: Future[Answer] = Future()
        self._gateway.hand_in({"type": "get-session", "session": new_id()}, heard.set_result)
        try:
            return heard.result(CATCH_UP_SECONDS).ok
        except NotInTimeError:
            return False

    def send(self, workspace: str, errand: Errand, task: Task, *, again: bool) -> None:
        name = request_id(errand.claim, errand.plan, task)
        answered = partial(self._heard, workspace, errand, task.position)
        if not isinstance(task.request, AdoptSession):
            raw = codec.builtins(task.request)
            self._gateway.hand_in(
                raw, answered, request_id=name, again=again, allotted=task.allotted
            )
            return
        reply = Reply(lambda value: answered(_answer(value)))
        asked = Dispatch(task.request, reply, name, once=True, again=again)
        if not self._around.directory.tell(asked):
            reply.send(NOT_READY)

    def _heard(self, workspace: str, errand: Errand, position: int, answer: Answer) -> None:
        """From whichever thread answers."""
        tell(self.actor_ref, Answered(workspace, errand, position, answer))

    def _answered(self, message: Answered) -> None:
        code = message.answer.error and message.answer.error.code
        is_full = code == StorageFull.code and message.errand.may_wait(message.position)
        if code in _TRANSIENT or is_full:
            self._try_again_later(message)
            return
        self._desk(message.workspace).answered(message.errand, message.position, message.answer)

    def _try_again_later(self, message: Answered) -> None:
        """Once some time has passed and the store takes changes. What ends something was not
        refused for want of room.
        """
        later = TryAgain(message.workspace, message.errand, message.position)
        well = self._around.health.when_well
        self.context.clock.after(AGAIN_SECONDS, lambda: well(lambda: tell(self.actor_ref, later)))


def _answer(value: Any) -> Answer:
    is_refused = isinstance(value, Refusal)
    return Answer(
        id=None,
        type="adopt-session",
        ok=not is_refused,
        error=value if is_refused else None,
    )
