"""PURE: how events about the session itself, its messages and its figures change its state."""

from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from storage import typed
from storage.fold import permissions
from storage.fold.changes import Step, message_of, with_session, with_status
from storage.fold.edited_rounds import with_message
from storage.ledger import Ledger
from storage.records import event as e
from storage.records.config import SessionConfig
from storage.records.message import ChatMessage
from storage.records.session import Session
from storage.state import SessionState

REARMED_BELOW = 0.75
"""A context that was critical is so again only after its utilization fell below this."""


def merged(current: SessionConfig | None, changes: dict[str, Any]) -> SessionConfig:
    """`current` with `changes` on top, one level deep; a None unsets. ValidationError if wrong."""
    before = msgspec.to_builtins(current) if current else {}
    after = {name: value for name, value in {**before, **changes}.items() if value is not None}
    config: SessionConfig = typed.convert(after, SessionConfig)
    return config


def _session_created(state: SessionState, event: e.SessionCreated, at: datetime) -> SessionState:
    messages = state.messages
    for message in event.messages:
        messages = messages.append(message)
    session = replace(event.session, message_count=len(messages))
    return with_status(replace(state, session=session, messages=messages))


def _session_updated(state: SessionState, event: e.SessionUpdated, at: datetime) -> SessionState:
    fields = _field_types(type(state.record))
    changes = {
        name: typed.convert(value, fields[name])
        for name, value in event.updates.items()
        if name in fields and name not in _BY_OWN_EVENT
    }
    return with_status(with_session(state, at, **changes))


@cache
def _field_types(kind: type[Session]) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


_BY_OWN_EVENT = frozenset({"config", "metrics", "workers", "permissions", "timers"})
"""Named in `updates` for whoever listens; their own events in the same line carry the change."""


def _config_updated(
    state: SessionState, event: e.SessionConfigUpdated, at: datetime
) -> SessionState:
    return with_session(state, at, config=merged(state.record.config, event.config))


def _deleting(state: SessionState, event: e.SessionDeleting, at: datetime) -> SessionState:
    return replace(state, deleting=True, removal=event.removal, removed=None, kept=None)


def _worktree_removed(state: SessionState, event: e.WorktreeRemoved, at: datetime) -> SessionState:
    return replace(state, removed=event.worktree)


def _worktree_kept(state: SessionState, event: e.WorktreeKept, at: datetime) -> SessionState:
    return replace(state, kept=event.why)


def _delete_refused(
    state: SessionState, event: e.SessionDeleteRefused, at: datetime
) -> SessionState:
    state = replace(state, deleting=False, removal=None)
    return with_status(with_session(state, at, desired="stopped"))


def _deleted(state: SessionState, event: e.SessionDeleted, at: datetime) -> SessionState:
    return replace(state, deleted=True)


def _restored(state: SessionState, event: e.SessionRestored, at: datetime) -> SessionState:
    """Nothing of it runs here: what ran is stopped, what was asked is cut off at the next start.

    What was allowed holds after the trash, and not in another greenroom; so do its timers, which
    fire where they were set.
    """
    workers = tuple(
        replace(worker, status="lost" if worker.process else "stopped", process=None)
        if worker.status in {"running", "starting"}
        else worker
        for worker in state.record.workers
    )
    state = replace(state, deleting=False, deleted=False, doomed_workers=frozenset())
    state = replace(state, removal=None, removed=None, kept=None)
    state = permissions.close_all(state, "greenroom", at)
    if event.source == "import":
        state = with_session(permissions.answered_elsewhere(state), at, timers=())
    return with_status(with_session(state, at, desired="stopped", workers=workers))


def _forked(state: SessionState, event: e.SessionForked, at: datetime) -> SessionState:
    """Another session from here on, with what was said, and nothing that was under way.

    What was allowed in the one that it comes from is asked about anew.
    """
    begun = {one.request.id for one in state.open_rounds if one.turns}
    messages = state.messages
    if begun:
        messages = Ledger([message for message in messages if message.id not in begun])
    said = SessionState(
        session=replace(event.session, message_count=len(messages)),
        n=state.n,
        critical=state.critical,
        messages=messages,
        rounds=state.rounds,
        permissions=state.permissions,
        digests=state.digests,
    )
    return with_status(permissions.answered_elsewhere(said))


def _message_added(state: SessionState, event: e.MessageAdded, at: datetime) -> SessionState:
    messages = state.messages.append(event.message)
    session = replace(state.record, updated_at=at, message_count=len(messages))
    return replace(state, session=session, messages=messages)


def _message_updated(state: SessionState, event: e.MessageUpdated, at: datetime) -> SessionState:
    message = message_of(state, event.message_id)
    builtin = {**msgspec.to_builtins(message), **event.updates, "id": message.id}
    changed = typed.convert(builtin, ChatMessage)
    state = replace(state, messages=state.messages.replace(changed))
    return with_session(with_message(state, changed), at)


def _metrics_updated(
    state: SessionState, event: e.TokenMetricsUpdated, at: datetime
) -> SessionState:
    utilization = event.metrics.context_utilization
    critical = state.critical and (utilization is None or utilization >= REARMED_BELOW)
    return with_session(replace(state, critical=critical), at, metrics=event.metrics)


def _context_critical(
    state: SessionState, event: e.ContextWindowCritical, at: datetime
) -> SessionState:
    return replace(state, critical=True)


STEPS: dict[type, Step] = {
    e.SessionCreated: _session_created,
    e.SessionUpdated: _session_updated,
    e.SessionConfigUpdated: _config_updated,
    e.SessionDeleting: _deleting,
    e.WorktreeRemoved: _worktree_removed,
    e.WorktreeKept: _worktree_kept,
    e.SessionDeleteRefused: _delete_refused,
    e.SessionDeleted: _deleted,
    e.SessionRestored: _restored,
    e.SessionForked: _forked,
    e.MessageAdded: _message_added,
    e.MessageUpdated: _message_updated,
    e.TokenMetricsUpdated: _metrics_updated,
    e.ContextWindowCritical: _context_critical,
}
