"""What happened to timers."""

from msgspec import Struct

from storage.records.timer import Timer


class TimerSet(Struct, frozen=True, gc=False, tag="timer-set"):
    timer: Timer


class TimerFired(Struct, frozen=True, gc=False, tag="timer-fired"):
    """In the line of the request that it began, which has this `response_id`; or it was refused
    with this `code`.
    """

    timer_id: str
    response_id: str | None = None
    code: str | None = None


class TimerCancelled(Struct, frozen=True, gc=False, tag="timer-cancelled"):
    timer_id: str
