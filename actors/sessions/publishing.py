"""Tells everybody what is durable: who listens to events, and who follows an answer while it grows.

Called once per decision, in order, by the session's actor. Nobody is waited for.
"""

from actors.decisions.decision import Decision
from actors.messages.recording import Published, TurnGrew
from actors.sessions.flights import Flight
from actors.surroundings import Surroundings
from storage.records.event import RequestQueued
from storage.state import SessionState


def tell_all(around: Surroundings, session_id: str, flight: Flight, state: SessionState) -> None:
    """`state` is the session after what was decided; a refusal is nobody's but the asker's."""
    if not isinstance(flight.decision, Decision):
        return
    _let_follow(around, session_id, flight, flight.decision)
    if flight.writes:
        session = None if state.deleted else state.session
        around.broadcaster.publish(Published(session_id, flight.at, flight.events, session))
        changed = [getattr(event, "response_id", None) for event in flight.events]
        for response_id in dict.fromkeys(changed):
            _show(around, session_id, response_id, state)


def _let_follow(around: Surroundings, session_id: str, flight: Flight, decision: Decision) -> None:
    follow = flight.asked.follow if flight.asked else None
    if follow is None:
        return
    queued = [e.response_id for e in flight.events if isinstance(e, RequestQueued)]
    for response_id in (*queued, decision.follows):
        if response_id:
            around.followers.follow(response_id, follow)
            follow(TurnGrew(session_id, response_id, None))


def _show(
    around: Surroundings, session_id: str, response_id: str | None, state: SessionState
) -> None:
    """Whoever follows a response sees its turn as it is now."""
    found = state.round(response_id) if response_id else None
    if found and found.turns:
        around.broadcaster.publish(TurnGrew(session_id, found.id, found.turns[-1]))
    if found and not found.is_open:
        around.followers.drop(found.id)
