"""Tells everybody what is durable: who listens to events, who follows an answer while it grows, and
who keeps the files as a round left them.

Called once per decision, in order, by the session's actor. Nobody is waited for.
"""

from pathlib import Path

from actors.decisions.call_progress import turn_with_progress
from actors.decisions.decision import Decision
from actors.decisions.session_activity import conversation_activity
from actors.messages.recording import Published
from actors.sessions.flights import Flight
from actors.surroundings import Surroundings
from storage.records.conversation import TurnGrew
from storage.records.event import (
    PromptQueued,
    RequestCompleted,
    RequestQueued,
    TurnStarted,
    WorkerDeleted,
)
from storage.records.permission import PermissionRequest
from storage.records.worker import ConversationWorker
from storage.state import SessionState


def tell_all(around: Surroundings, session_id: str, flight: Flight, state: SessionState) -> None:
    """`state` is the session after what was decided; a refusal is nobody's but the asker's."""
    if not isinstance(flight.decision, Decision):
        return
    _let_follow(around, session_id, flight, flight.decision)
    if flight.writes:
        session = None if state.deleted else state.session
        told = Published(session_id, state.n, flight.at, flight.events, session)
        around.broadcaster.publish(told)
        _tell_activity(around, flight, state)
        _keep_tree(around, flight, state)
        changed = [getattr(event, "response_id", None) for event in flight.events]
        for response_id in dict.fromkeys(changed):
            _show(around, session_id, response_id, flight, state)


def _tell_activity(around: Surroundings, flight: Flight, state: SessionState) -> None:
    """Of a conversation, whose requests say what it does; of a program its own actor tells."""
    session = state.record
    for worker in session.workers:
        key = f"{session.id}/{worker.id}"
        if state.deleted:
            around.tell_activity(key, None)
        elif isinstance(worker, ConversationWorker):
            before = around.activities.get(key)
            around.tell_activity(key, conversation_activity(session, before, flight.at))
    for event in flight.events:
        if isinstance(event, WorkerDeleted):
            around.tell_activity(f"{session.id}/{event.worker_id}", None)


def _keep_tree(around: Surroundings, flight: Flight, state: SessionState) -> None:
    """The files as a round leaves them; one that never began has left nothing."""
    if not around.workspaces.settings(state.record.workspace).worktrees.keep_rounds:
        return
    ended = [event for event in flight.events if isinstance(event, RequestCompleted)]
    rounds = [state.rounds.find(event.response_id) for event in ended]
    if any(found and found.turns for found in rounds):
        session = state.record
        around.trees.round_ended(session.id, Path(session.location_path), state.n)


def _let_follow(around: Surroundings, session_id: str, flight: Flight, decision: Decision) -> None:
    follow = flight.asked.follow if flight.asked else None
    if follow is None:
        return
    kinds = (RequestQueued, PromptQueued)
    queued = [e.response_id for e in flight.events if isinstance(e, kinds)]
    for response_id in (*queued, decision.follows):
        if response_id:
            around.followers.follow(response_id, follow)
            follow(TurnGrew(session_id, response_id, None, warnings=decision.warnings))


def _show(
    around: Surroundings,
    session_id: str,
    response_id: str | None,
    flight: Flight,
    state: SessionState,
) -> None:
    """Whoever follows a response sees its turn as it is now, and what ended just before it."""
    found = state.round(response_id) if response_id else None
    begins = any(isinstance(event, TurnStarted) for event in flight.events)
    asked = _asked(state, response_id)
    for turn in found.turns[-2 if begins else -1 :] if found else ():
        around.broadcaster.publish(TurnGrew(session_id, response_id or "", turn, asked))
    prompt = state.prompt(response_id) if response_id else None
    is_over = (found and not found.is_open) or (prompt and not prompt.delivery.is_open)
    if response_id and is_over:
        around.followers.drop(response_id)


def show_progress(around: Surroundings, response_id: str, state: SessionState) -> None:
    """Whoever follows a response sees how far its running tool calls are."""
    found = state.round(response_id)
    if found and found.is_open and found.turns:
        turn = turn_with_progress(found.turns[-1], found.id, around.progress.copy())
        asked = _asked(state, found.id)
        around.broadcaster.publish(TurnGrew(state.record.id, found.id, turn, asked))


def _asked(state: SessionState, response_id: str | None) -> tuple[PermissionRequest, ...]:
    """What its calls wait for, and what is asked about the session's servers."""
    return tuple(p for p in state.record.permissions if p.response_id in {response_id, None})
