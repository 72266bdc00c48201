"""PURE: what those who watch all sessions are told when something has happened.

What changed a session is told with its record as it is then, once for however much has changed.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from actors.messages.recording import ActivityChanged, Heard, Published
from storage.records import app_message as m
from storage.records import event as e
from storage.records.session import Session, SessionStatus, ShownStatus

_NEW = (e.SessionCreated, e.SessionForked, e.SessionRestored)


class Changed(Struct, frozen=True):
    """`how` it became what it is now."""

    session: Session
    how: Literal["created", "updated", "paused", "resumed"]


Told = m.AppServerMessage | Changed


def news(heard: Iterable[Heard], statuses: dict[str, ShownStatus]) -> list[Told]:
    """In order; of each session its last change alone, unless it was paused, resumed or is new.

    `statuses`: those that were last told, by session; brought up to date.
    """
    told: dict[object, Told] = {}
    for notice in heard:
        for each in _of(notice, statuses):
            key = _outdates(each) or object()
            told.pop(key, None)
            told[key] = each
    return list(told.values())


def _outdates(told: Told) -> tuple[str, ...] | None:
    """The same for two of which the later one says all; None of what stands for itself."""
    if isinstance(told, m.WorkerActivityMessage):
        return (told.session_id, told.worker_id)
    return (told.session.id,) if isinstance(told, Changed) and told.how == "updated" else None


def _of(notice: Heard, statuses: dict[str, ShownStatus]) -> Iterator[Told]:
    if isinstance(notice, ActivityChanged):
        yield m.WorkerActivityMessage(
            session_id=notice.session_id, worker_id=notice.worker_id, activity=notice.activity
        )
        return
    if notice.session is None:
        statuses.pop(notice.session_id, None)
        yield m.SessionDeletedMessage(session_id=notice.session_id)
        return
    before = statuses.get(notice.session_id)
    statuses[notice.session_id] = notice.session.status
    yield Changed(notice.session, _how(notice, notice.session.status, before))
    yield from _restarts(notice, notice.session)
    for event in notice.events:
        yield from _permission(notice.session_id, event)


def _how(
    notice: Published, status: SessionStatus, before: ShownStatus | None
) -> Literal["created", "updated", "paused", "resumed"]:
    if any(isinstance(event, _NEW) for event in notice.events):
        return "created"
    if status == "paused" and before not in {"paused", None}:
        return "paused"
    return "resumed" if before == "paused" and status != "paused" else "updated"


def _restarts(notice: Published, session: Session) -> Iterator[Told]:
    """A worker that never ran has never ended; of a conversation, which has no process, its making
    stands in the same line.
    """
    is_new = any(isinstance(event, (*_NEW, e.WorkerCreated)) for event in notice.events)
    for event in notice.events:
        worker = session.worker(event.worker_id) if isinstance(event, e.WorkerStarted) else None
        if worker and (worker.exit or worker.restarts or not (worker.process or is_new)):
            yield m.WorkerRestartedMessage(session_id=session.id, worker=worker)


def _permission(session_id: str, event: e.Event) -> Iterator[Told]:
    if isinstance(event, e.PermissionRequested):
        yield m.PermissionRequestedMessage(session_id=session_id, permission=event.permission)
    elif isinstance(event, e.PermissionAnswered):
        yield m.PermissionAnsweredMessage(
            session_id=session_id,
            permission_id=event.permission_id,
            state=event.state,
            answered_by=event.answered_by,
        )
