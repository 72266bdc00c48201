"""PURE: what a worker is doing, and what a session is doing over all its workers.

A conversation's activity follows from its requests; that of programs in terminals is found out by
who watches them. What nobody knows is `unknown`.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import structs
from msgspec.structs import replace

from storage.records.session import Session
from storage.records.worker import (
    Activity,
    ActivityState,
    ConversationWorker,
    SessionActivity,
    Worker,
)

Activities = Mapping[str, Activity]
"""What is known, by `<session id>/<worker id>`."""

_FIRST: tuple[ActivityState, ...] = ("asking", "active", "unknown", "idle")
"""Whoever asks is told of before whoever works, and so on."""


def activity_of(session: Session, worker_id: str, known: Activities) -> Activity | None:
    """What a worker is doing, or did last; None if the session has no such worker."""
    worker = session.worker(worker_id)
    if worker is None:
        return None
    told = known.get(f"{session.id}/{worker_id}")
    if isinstance(worker, ConversationWorker):
        return conversation_activity(session, told, session.updated_at)
    return told or Activity(state="unknown", source="screen", since=worker.created_at)


def conversation_activity(session: Session, before: Activity | None, at: datetime) -> Activity:
    """`before` as long as it still says so; `at` is when it became what it is now."""
    asked = session.permissions
    state: ActivityState = "asking" if asked else "active" if session.open_requests else "idle"
    text = f"may {asked[0].tool} run?" if asked else ""
    if before is not None and before.state == state:
        return before if before.text == text else replace(before, text=text)
    return Activity(state=state, source="protocol", since=at, text=text)


def session_activity(session: Session, known: Activities) -> SessionActivity | None:
    """That of the first worker that asks, else works, and so on. None where no worker runs.

    Of several who do the same the longest is told; of those that rest, who came to it last.
    """
    found = [
        (activity, worker)
        for worker in session.workers
        if worker.status == "running" and (activity := activity_of(session, worker.id, known))
    ]
    if not found:
        return None
    state = min((activity.state for activity, _ in found), key=_FIRST.index)
    alike = [each for each in found if each[0].state == state]
    activity, worker = (max if state == "idle" else min)(alike, key=_since)
    return SessionActivity(**structs.asdict(activity), worker=worker.id, name=worker.name)


def _since(found: tuple[Activity, Worker]) -> datetime:
    return found[0].since
