"""What a session did before it could record it: ends, and outcomes that nobody can take back.

While the store refuses changes, requests that would start something are refused; what ends things
is done at once, answered as not durable, and its line follows when the store takes it. The room
that was kept back for such lines is used first. Part of the session's actor, in its thread.
"""

import logging
from typing import TYPE_CHECKING

from msgspec.structs import replace

from actors.decisions import endings
from actors.messages.effects import Effect
from actors.sessions.flights import Flight
from storage import fold
from storage.errors import StorageError
from storage.records.request import Refusal

if TYPE_CHECKING:
    from actors.sessions.session_actor import SessionActor

_log = logging.getLogger(__name__)


RETRY_SECONDS = 1.0
"""A disk that is not full but refused a line is asked again so soon."""


class Retry:
    """The store may take the lines that are owed."""


class OwedLines:
    """`reason` is why the last line could not be written."""

    def __init__(self, session: "SessionActor") -> None:
        self._session = session
        self._around = session.around
        self._owed: list[Flight] = []
        self._reason = ""

    def __len__(self) -> int:
        return len(self._owed)

    @property
    def is_refusing(self) -> bool:
        """Whether a line would be refused, or would come before one that is owed."""
        return bool(self._owed) or self._around.health.problem is not None

    def take(self, flight: Flight) -> None:
        """Deal with a decision that would write while nothing can be written."""
        problem = self._around.health.problem
        if problem is not None:
            self._reason = str(problem)
        if flight.ends:
            self._act_first(flight)
        else:
            flight.refuse(refused(problem or StorageError(self._reason)))

    def after_failure(self, error: StorageError, lost: list[Flight]) -> None:
        """The lines of `lost` were refused, and `ahead` stands where the last good one left it."""
        self._reason = str(error)
        self._around.health.refused_again()
        before, self._owed = self._owed, []
        for flight in [*lost, *before]:
            if flight.acted:
                self._owe(flight)
            elif flight.ends or not flight.writes:
                self._session.decide_again(flight)
            else:
                flight.refuse(refused(error))
        if self._owed:
            self._retry_when_possible()

    def write(self) -> None:
        """Put all that is owed on its way."""
        owed, self._owed = self._owed, []
        for flight in owed:
            self._session.submit(flight)

    def landed(self) -> None:
        """A line that was owed is durable."""
        if self._owed:
            self._retry_when_possible()
        else:
            self._around.index.not_durable.pop(self._session.session_id, None)

    def _act_first(self, flight: Flight) -> None:
        if isinstance(flight.decision, Refusal):
            flight.refuse(flight.decision)
            return
        self._owe(replace(flight, acted=True))
        self._session.answer(flight, self._session.ahead)
        for effect in flight.decision.effects:
            self._perform_end(effect)
        self._retry_when_possible()

    def _perform_end(self, effect: Effect) -> None:
        state = self._session.ahead
        if state.session and endings.is_done_first(effect, state.session):
            self._session.perform(effect, state)

    def _owe(self, flight: Flight) -> None:
        """What rests on something that was refused has lost its ground, and is let go."""
        try:
            self._session.ahead = fold.apply_line(self._session.ahead, flight.events, flight.at)
        except LookupError as error:
            _log.warning("session %s: not recorded: %s", self._session.session_id, error)
            return
        self._owed.append(flight)
        self._around.index.not_durable[self._session.session_id] = self._reason

    def _retry_when_possible(self) -> None:
        health, session = self._around.health, self._session
        if health.problem is None:
            self._around.clock.after(RETRY_SECONDS, lambda: session.tell_self(Retry()))
        elif health.release_reserve():
            session.tell_self(Retry())
        else:
            health.when_well(lambda: session.tell_self(Retry()))


def refused(error: StorageError) -> Refusal:
    text = f"nothing was changed: {error}. What ends or stops things is done all the same"
    return Refusal(code=error.code, message=text)
