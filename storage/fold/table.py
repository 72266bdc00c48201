"""PURE: every kind of event, and the step that it is.

An event about something that is not there is a fault of the journal and raises `LookupError`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from storage.fold import budgets, permissions, prompts, rounds, sessions, timers, workers
from storage.fold.changes import Step
from storage.records import event as e
from storage.records.message import ChatMessage
from storage.state import SessionState

_STEPS: dict[type, Step] = {
    **sessions.STEPS,
    **workers.STEPS,
    **rounds.STEPS,
    **prompts.STEPS,
    **permissions.STEPS,
    **budgets.STEPS,
    **timers.STEPS,
}


def apply(state: SessionState, event: e.AnyEvent, at: datetime) -> SessionState:
    """The state after `event`, which was journaled at `at`."""
    return _STEPS[type(event)](state, event, at)


def apply_all(state: SessionState, events: Iterable[e.AnyEvent], at: datetime) -> SessionState:
    for event in events:
        state = _STEPS[type(event)](state, event, at)
    return state


def apply_line(
    state: SessionState, events: Sequence[e.AnyEvent], at: datetime, n: int | None = None
) -> SessionState:
    """As `apply_all`, for a whole line of the journal: the next one, or the one with number `n`.

    Nothing to record is no line.
    """
    number = state.n + bool(events) if n is None else n
    return apply_all(replace(state, n=number), events, at)


def add_messages(
    state: SessionState, added: Sequence[tuple[ChatMessage, datetime]]
) -> SessionState:
    """As one line with a `MessageAdded` after the other, at these times; at least one."""
    messages = state.messages.extended([message for message, _ in added])
    session = replace(state.record, updated_at=added[-1][1], message_count=len(messages))
    return replace(state, session=session, messages=messages, n=state.n + len(added))
