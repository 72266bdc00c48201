"""When the next timer of each session is due, whether the session is awake or not.

Part of the directory, in its thread. It knows no more than the durable records say, so that a
session which sleeps is woken by its timer as by any request; what then fires is decided by the
session. A timer is due by the time of day, which may be set or jump after the machine slept: so
that is looked at again every minute while any timer is open, and a session that could not take its
message is told again then.
"""

import math
from datetime import datetime
from typing import TYPE_CHECKING

from actors.decisions.timers import next_due
from actors.messages.session import Dispatch, FireTimers, Reply
from actors.supervision import tell
from storage.catalog import CatalogEntry

if TYPE_CHECKING:
    from actors.ports import Cancel
    from actors.sessions.directory import Directory

LOOK_SECONDS = 60.0


class LookAtTimers:
    """One may be due."""


class Alarms:
    """`_due`: by session, of those that run, when their next timer is due."""

    def __init__(self, directory: "Directory") -> None:
        self._directory = directory
        self._clock = directory.context.clock
        self._due: dict[str, datetime] = {}
        self._look_at = math.inf
        self._cancel: Cancel | None = None

    def follow(self, *entries: CatalogEntry) -> None:
        """These are how their sessions are now."""
        for entry in entries:
            due = None if entry.deleting else next_due(entry.session)
            if due is None:
                self._due.pop(entry.session.id, None)
            elif self._due.get(entry.session.id) != due:
                self._due[entry.session.id] = due
                self._look_in(self._seconds_to(due))

    def look(self) -> None:
        """Tell each session that has one due, and set when to look again."""
        self.forget()
        for gone in self._due.keys() - self._directory.entries.keys():
            del self._due[gone]
        left = {each: self._seconds_to(due) for each, due in self._due.items()}
        waits = [seconds for seconds in left.values() if seconds > 0]
        if left:
            self._look_in(min(waits, default=LOOK_SECONDS))
        for session_id in [each for each, seconds in left.items() if seconds <= 0]:
            self._directory.dispatch(Dispatch(FireTimers(session=session_id), Reply(_unheard)))

    def forget(self) -> None:
        """Nobody is reminded any more."""
        if self._cancel:
            self._cancel()
        self._cancel, self._look_at = None, math.inf

    def _seconds_to(self, due: datetime) -> float:
        """In whole milliseconds, and never too few."""
        return math.ceil((due - self._clock.now()).total_seconds() * 1000) / 1000

    def _look_in(self, seconds: float) -> None:
        directory, seconds = self._directory.actor_ref, min(seconds, LOOK_SECONDS)
        at = self._clock.monotonic() + seconds
        if seconds <= 0:
            tell(directory, LookAtTimers())
        elif at < self._look_at:
            self.forget()
            self._look_at = at
            self._cancel = self._clock.after(seconds, lambda: tell(directory, LookAtTimers()))


def _unheard(_: object) -> None:
    """What came of it stands in the journal."""
