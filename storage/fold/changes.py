"""PURE: the changes that steps of every kind are made of.

A session's `status` is never set: it follows from what is wanted and what runs.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from storage.records.message import ChatMessage
from storage.records.session import Session
from storage.records.worker import ProcessWorker
from storage.state import SessionState

Step = Callable[[SessionState, Any, datetime], SessionState]
"""The state after an event that was journaled at this time."""


def derived_status(session: Session) -> str:
    """What `status` follows from: intent first, then whether anything runs, a conversation too."""
    if session.archived:
        return "archived"
    if session.desired == "paused":
        return "paused"
    if session.desired == "stopped":
        return "inactive"
    running = any(worker.status in {"running", "starting"} for worker in session.workers)
    has_process = any(isinstance(worker, ProcessWorker) for worker in session.workers)
    return "active" if running or not has_process else "inactive"


def with_session(state: SessionState, at: datetime, **changes: Any) -> SessionState:
    return replace(state, session=replace(state.record, updated_at=at, **changes))


def with_status(state: SessionState) -> SessionState:
    session = state.record
    status = derived_status(session)
    return (
        state
        if status == session.status
        else replace(state, session=replace(session, status=status))
    )


def message_of(state: SessionState, message_id: str) -> ChatMessage:
    message = state.messages.find(message_id)
    if message is None:
        raise LookupError(f"no message {message_id}")
    return message
