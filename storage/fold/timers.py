"""PURE: how events about timers change a session's state: the open ones stand in its record."""

from datetime import datetime

from storage.fold.changes import Step, with_session
from storage.records import event as e
from storage.records.timer import Timer
from storage.state import SessionState


def _set(state: SessionState, event: e.TimerSet, at: datetime) -> SessionState:
    timers = sorted((*state.record.timers, event.timer), key=_order)
    return with_session(state, at, timers=tuple(timers))


def _order(timer: Timer) -> tuple[datetime, str]:
    return timer.due, timer.timer_id


def _ended(
    state: SessionState, event: e.TimerFired | e.TimerCancelled, at: datetime
) -> SessionState:
    still_open = tuple(one for one in state.record.timers if one.timer_id != event.timer_id)
    if len(still_open) == len(state.record.timers):
        raise LookupError(f"no open timer {event.timer_id}")
    return with_session(state, at, timers=still_open)


STEPS: dict[type, Step] = {
    e.TimerSet: _set,
    e.TimerFired: _ended,
    e.TimerCancelled: _ended,
}
