"""When a session has had nothing to do for so long that it gives back its thread and its file.

Part of the session's actor, in its thread; what counts as something to do is the session's to say.
"""

from collections.abc import Callable

from actors.ports import Cancel, Clock
from storage.records.session import Session
from storage.records.worker import ProcessWorker

IDLE_SECONDS = 60.0


class LookIdle:
    """Time to see whether there has been anything to do."""


class Idleness:
    """`remind` tells the session a `LookIdle`; it is called from the timer's thread."""

    def __init__(self, clock: Clock, remind: Callable[[], object]) -> None:
        self._clock = clock
        self._remind = remind
        self._busy_at = clock.monotonic()
        self._cancel: Cancel | None = None

    def busy(self) -> None:
        """There is something to do at this moment."""
        self._busy_at = self._clock.monotonic()

    def watch(self, seconds: float = IDLE_SECONDS) -> None:
        self._cancel = self._clock.after(seconds, self._remind)

    def forget(self) -> None:
        """Nobody is reminded any more: a timer that waits would keep all of the session."""
        if self._cancel:
            self._cancel()

    def is_over(self, *, needed: bool) -> bool:
        """Whether it lasted long enough; when to look again is set."""
        if needed:
            self.busy()
        left = self._busy_at + IDLE_SECONDS - self._clock.monotonic()
        self.watch(left if left > 0 else IDLE_SECONDS)
        return left <= 0


def has_work(session: Session, comes_again: Callable[[str], bool]) -> bool:
    """Whether something is open in it or runs, or will: `comes_again` says so of a worker's id."""
    return bool(session.open_requests or session.permissions) or any(
        isinstance(worker, ProcessWorker)
        and (worker.status in {"running", "starting"} or comes_again(worker.id))
        for worker in session.workers
    )
