"""Until when permission requests are waited for: a timer for each that is open.

Part of the session's actor, in its thread. The time counts while the actor runs; what is left when
it ends is recorded, so that it stands still while nobody could answer.
"""

from collections.abc import Callable
from functools import partial

from actors.ports import Cancel, Clock
from storage.records.session import Session


class Deadlines:
    """`due` is told the id of one whose time has run out, from the timer's thread.

    `ends`: for those outside, when each is due by the clock's monotonic time, by id.
    """

    def __init__(self, clock: Clock, ends: dict[str, float], due: Callable[[str], object]) -> None:
        self._clock = clock
        self._ends = ends
        self._due = due
        self._timers: dict[str, Cancel] = {}
        self._is_over = False

    def follow(self, session: Session | None) -> None:
        """Its open requests are these now, and no others."""
        open_ = session.permissions if session and not self._is_over else ()
        for asked in open_:
            if asked.id not in self._timers:
                self._ends[asked.id] = self._clock.monotonic() + asked.seconds_left
                tell = partial(self._due, asked.id)
                self._timers[asked.id] = self._clock.after(asked.seconds_left, tell)
        for gone in self._timers.keys() - {asked.id for asked in open_}:
            self._forget(gone)

    def stop(self) -> dict[str, float]:
        """Wait for nothing any more; the seconds that were left, by id."""
        self._is_over = True
        now = self._clock.monotonic()
        left = {each: max(0.0, self._ends[each] - now) for each in self._timers}
        for each in left:
            self._forget(each)
        return left

    def _forget(self, permission_id: str) -> None:
        self._timers.pop(permission_id)()
        self._ends.pop(permission_id, None)
