"""PURE: how events about permission requests change a session's state.

Open ones stand in the record; answered ones are kept, so that a late answer can be told.
"""

from datetime import datetime

from msgspec.structs import replace

from storage.fold.changes import Step, with_session
from storage.records import event as e
from storage.records.permission import PermissionRequest
from storage.state import SessionState


def _requested(state: SessionState, event: e.PermissionRequested, at: datetime) -> SessionState:
    return with_session(state, at, permissions=(*state.record.permissions, event.permission))


def _held(state: SessionState, event: e.PermissionHeld, at: datetime) -> SessionState:
    held = replace(_open(state, event.permission_id), seconds_left=event.seconds_left)
    permissions = tuple(held if p.id == held.id else p for p in state.record.permissions)
    return with_session(state, at, permissions=permissions)


def _answered(state: SessionState, event: e.PermissionAnswered, at: datetime) -> SessionState:
    answered = replace(
        _open(state, event.permission_id),
        state=event.state,
        answered_at=at,
        answered_by=event.answered_by,
        remember=event.remember,
    )
    still_open = tuple(p for p in state.record.permissions if p.id != answered.id)
    if event.remember and event.state == "allowed":
        state = replace(state, remembered=state.remembered | {answered.hash})
    state = replace(state, permissions=state.permissions.append(answered))
    return with_session(state, at, permissions=still_open)


def _open(state: SessionState, permission_id: str) -> PermissionRequest:
    for permission in state.record.permissions:
        if permission.id == permission_id:
            return permission
    raise LookupError(f"no open permission request {permission_id}")


def close_all(state: SessionState, by: str, at: datetime) -> SessionState:
    """Nobody waits for an answer any more."""
    for permission in state.record.permissions:
        state = _answered(state, e.PermissionAnswered(permission.id, "expired", by), at)
    return state


def answered_elsewhere(state: SessionState) -> SessionState:
    """An answer holds in the greenroom where it was given: here everything is asked about anew.

    What a tool was said to be stays known. It allows nothing: a tool that is another one is asked
    about.
    """
    return replace(state, remembered=frozenset(), answered_elsewhere=len(state.permissions))


STEPS: dict[type, Step] = {
    e.PermissionRequested: _requested,
    e.PermissionHeld: _held,
    e.PermissionAnswered: _answered,
}
