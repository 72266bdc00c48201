"""The shape of every decision about a session: what is given, what comes out.

A decision is a pure function of the state and what arrived. It gives the events to record, the
effects to perform once they are durable, and how whoever asked is answered.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from actors.decisions.worktrees.safety import Seen
from actors.messages.effects import Effect
from actors.ports import PriceTable
from storage import fold
from storage.records.conversation import Usage
from storage.records.event import Event
from storage.records.message import Content
from storage.records.request import Refusal
from storage.records.worker import Activity
from storage.records.workspace import WorkspaceSettings
from storage.state import SessionState


class Given(Struct, frozen=True, kw_only=True):
    """What a decision may look at besides the state. `settings` are those of its workspace, looked
    up for those few that need them; `settings_problem` is why they are not what their file says, or
    empty. `written` is what has arrived so far of the turns being
    streamed, by response id, `sent` what was counted so far of those whose call has gone out.
    `request_id` is set for a request that is handed in again when a crash
    or a stop left it unanswered: it must be done once. `by`: the front that it came by.
    `activities` are those of programs in terminals, by `<session id>/<worker id>`, `progress` is
    that of running tool calls, by `<response id>/<tool call id>`; both change while one looks.
    `worktree` is what was just seen in it, for whoever is about to remove it.
    """

    now: datetime
    new_id: Callable[[], str]
    settings: Callable[[], WorkspaceSettings]
    settings_problem: Callable[[], str] = str
    prices: PriceTable
    written: Mapping[str, tuple[Content, ...]] = {}
    sent: Mapping[str, Usage | None] = {}
    closing: bool = False
    request_id: str | None = None
    by: str = "program"
    activities: Mapping[str, Activity] = {}
    progress: Mapping[str, str] = {}
    worktree: Seen | None = None


DISPOSAL = "disposal"
"""The key that those wait for who deleted the session; its directory answers them."""

THE_HOST = "terminal-host"
"""The key of those who wait for something that only the terminal host can bring about."""


class Ready(Struct, frozen=True):
    """Answer with this, computed from the state once it is durable."""

    value: Callable[[SessionState], Any]


class Until(Struct, frozen=True):
    """Answer as soon as this gives something other than None for a durable state.

    `key`: a later decision that resolves it gives the answer instead.
    """

    value: Callable[[SessionState], Any]
    key: str | None = None


class Awaiting(Struct, frozen=True):
    """Answer when a later decision resolves this key."""

    key: str


Reply = Ready | Until | Awaiting


class Decision(Struct, frozen=True, kw_only=True):
    """`resolved`: answers (values or Refusals) for those who wait for a key.

    `follows`: a response that is under way already, which whoever asked wants to see grow.
    `warnings`: what whoever asked should know at once; it is part of the answer as well.
    """

    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    reply: Reply | None = None
    resolved: dict[str, Any] = {}
    follows: str | None = None
    warnings: tuple[str, ...] = ()


Verdict = Decision | Refusal


class Draft:
    """A decision in the making: events fold as they are added, so that what follows sees them."""

    def __init__(self, state: SessionState, given: Given) -> None:
        self.state = state
        self.given = given
        self.effects: list[Effect] = []
        self.resolved: dict[str, Any] = {}
        self._events: list[Event] = []

    def add(self, *events: Event) -> None:
        self.state = fold.apply_all(self.state, events, self.given.now)
        self._events += events

    def want(self, *effects: Effect) -> None:
        self.effects += effects

    def decision(self, reply: Reply | None = None) -> Decision:
        return Decision(
            events=tuple(self._events),
            effects=tuple(self.effects),
            reply=reply,
            resolved=self.resolved,
        )
