"""PURE: how events about a budget change a session's state.

The record shows the sums; what is set aside for each call stands in the state.
"""

from datetime import datetime

from msgspec.structs import replace

from storage.fold.changes import Step, with_session
from storage.records import event as e
from storage.records.budget import Amounts, Reservation, Spending
from storage.state import SessionState


def _opened(state: SessionState, event: e.BudgetOpened, at: datetime) -> SessionState:
    return with_session(state, at, spending=Spending(spent=event.spent, own=event.spent))


def _reserved(state: SessionState, event: e.BudgetReserved, at: datetime) -> SessionState:
    """The first call under way starts the clock; the same key again replaces what was set aside."""
    new = Reservation(key=event.key, by=event.by, life=event.life, amounts=event.amounts)
    others = tuple(one for one in state.reservations if one.key != event.key)
    if not others:
        state = replace(state, counted_until=event.at)
    return _with_reservations(state, (*others, new), at)


def _settled(state: SessionState, event: e.BudgetSettled, at: datetime) -> SessionState:
    settled = next((one for one in state.reservations if one.key == event.key), None)
    if settled is None:
        raise LookupError(f"nothing is reserved under {event.key}")
    before = state.record.spending or Spending()
    is_own = settled.by == state.record.id
    spending = replace(
        before,
        spent=before.spent + event.used,
        own=before.own + event.used if is_own else before.own,
    )
    if event.until is not None:
        state = replace(state, counted_until=event.until)
    left = tuple(one for one in state.reservations if one.key != event.key)
    return _with_reservations(with_session(state, at, spending=spending), left, at)


def _with_reservations(
    state: SessionState, reservations: tuple[Reservation, ...], at: datetime
) -> SessionState:
    reserved = sum((one.amounts for one in reservations), Amounts())
    spending = replace(state.record.spending or Spending(), reserved=reserved)
    return with_session(replace(state, reservations=reservations), at, spending=spending)


def _warned(state: SessionState, event: e.BudgetWarning, at: datetime) -> SessionState:
    """It says what the sums say; it is for those who listen."""
    return state


STEPS: dict[type, Step] = {
    e.BudgetOpened: _opened,
    e.BudgetReserved: _reserved,
    e.BudgetSettled: _settled,
    e.BudgetWarning: _warned,
}
