"""Decisions on their way to the disk, and those who wait for what comes of them.

A decision's reply and effects happen once its events are durable; a decision without events rests
on those before it and waits for them. Pure bookkeeping: no clock, no file, no thread.
"""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from actors.decisions.decision import Awaiting, Decision, Ready, Until, Verdict
from actors.messages.session import Dispatch, Reply
from storage.attachments import Attachment, set_apart
from storage.records.event import Event
from storage.records.request import Refusal
from storage.records.request_kinds import is_ending
from storage.state import SessionState

CUT_SHORT = Refusal(
    code="interrupted",
    message="the session stopped before it could answer; what was accepted goes on when it runs",
)

_log = logging.getLogger(__name__)

FAILED = Refusal(
    code="internal-error",
    message="greenroom failed over this request and has started the part anew; see greenroom logs",
)


@contextmanager
def answered_alone(asked: Dispatch) -> Iterator[None]:
    """A fault over one request is that request's alone: it is logged and answered."""
    try:
        yield
    except Exception:  # noqa: BLE001 - logged with its trace, and answered
        _log.exception("a request failed: %s", type(asked.request).__name__)
        asked.reply.send(FAILED)


@contextmanager
def never_silent(asked: Dispatch) -> Iterator[None]:
    """Whoever asked is answered also when the actor fails over it."""
    try:
        yield
    except BaseException:
        asked.reply.send(FAILED)
        raise


class Flight(Struct, frozen=True):
    """What was decided on `message`. `asked` is None for an outcome, which nobody asked for.

    `acted`: it was answered and what it ends was ended, before its line could be written. `apart`:
    what was set apart of its events.
    """

    decision: Decision | Refusal
    at: datetime
    asked: Dispatch | None = None
    message: Any = None
    acted: bool = False
    apart: tuple[Attachment, ...] = ()

    @classmethod
    def of(cls, verdict: Verdict, at: datetime, asked: Dispatch | None, message: Any) -> "Flight":
        """What is too large for the journal is set apart."""
        if isinstance(verdict, Refusal) or not verdict.events:
            return cls(verdict, at, asked, message)
        events, apart = set_apart(verdict.events)
        decision = replace(verdict, events=events) if apart else verdict
        return cls(decision, at, asked, message, apart=apart)

    @property
    def events(self) -> tuple[Event, ...]:
        return () if isinstance(self.decision, Refusal) else self.decision.events

    @property
    def request_id(self) -> str | None:
        """Only an id that no other request has says later that this one was done."""
        return self.asked.request_id if self.asked and self.asked.once else None

    def refuse(self, refusal: Refusal) -> None:
        if self.asked and not self.acted:
            self.asked.reply.send(refusal)

    @property
    def ends(self) -> bool:
        """Whether it must be done although nothing can be recorded."""
        return self.asked is None or is_ending(self.asked.request)

    @property
    def writes(self) -> bool:
        return bool(self.events)


class Flights:
    """In order of decision."""

    def __init__(self) -> None:
        self._waiting: deque[Flight] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, flight: Flight) -> None:
        self._waiting.append(flight)

    def landed(self, count: int) -> Iterator[Flight]:
        """Take out the oldest `count` that write, and what rests on them alone."""
        while self._waiting and (count or not self._waiting[0].writes):
            flight = self._waiting.popleft()
            count -= flight.writes
            yield flight

    def holds(self, request_id: str | None) -> bool:
        """Whether a request of this id is on its way."""
        return request_id is not None and any(f.request_id == request_id for f in self._waiting)

    def lost(self) -> list[Flight]:
        """Take out all: none of them will be durable."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken


class Waiters:
    """Replies that are still owed."""

    def __init__(self) -> None:
        self._by_key: dict[str, list[Reply]] = {}
        self._until: list[tuple[Until, Reply]] = []

    def __len__(self) -> int:
        return len(self._until) + sum(len(replies) for replies in self._by_key.values())

    def answer(self, how: Ready | Until | Awaiting | None, state: SessionState, to: Reply) -> None:
        """Answer now, or keep the reply until it can be answered."""
        match how:
            case Ready():
                to.send(how.value(state))
            case Awaiting():
                self._by_key.setdefault(how.key, []).append(to)
            case Until():
                self._until.append((how, to))
                self.look(state)
            case None:
                to.send(None)

    def look(self, state: SessionState) -> None:
        """The state moved on: answer those whose time has come."""
        still = []
        for until, reply in self._until:
            answer = until.value(state)
            if answer is None:
                still.append((until, reply))
            else:
                reply.send(answer)
        self._until = still

    def resolve(self, key: str, value: Any) -> None:
        for reply in self.taken(key):
            reply.send(value)

    def taken(self, key: str) -> list[Reply]:
        untils = [reply for until, reply in self._until if until.key == key]
        self._until = [each for each in self._until if each[0].key != key]
        return self._by_key.pop(key, []) + untils

    def refuse_all(self, refusal: Refusal) -> None:
        for reply in [reply for replies in self._by_key.values() for reply in replies]:
            reply.send(refusal)
        for _, reply in self._until:
            reply.send(refusal)
        self._by_key, self._until = {}, []
