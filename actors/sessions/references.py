"""PURE: which session a reference means: an exact id, else a unique prefix of one, else a title.

The ids of what is in a session, its responses and permission requests, name it themselves.
"""

from collections.abc import Mapping

from actors.decisions import permission_answers, permission_asks
from storage.records.request import AnswerPermission, Cancel, GetResponse, Refusal
from storage.records.session import Session

MOST_CANDIDATES = 10
SHORTEST_PREFIX = 4
"""Fewer characters mean a title: a session must not be hit because its id happens to begin so."""


def resolve(reference: str, sessions: Mapping[str, Session]) -> str | Refusal:
    """The session's id; `session-not-found`, or `ambiguous` with the candidates."""
    if reference in sessions:
        return reference
    for matches in (
        [session_id for session_id in sessions if _begins(session_id, reference)],
        [session.id for session in sessions.values() if session.title == reference],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            return _ambiguous(reference, [sessions[session_id] for session_id in matches])
    return Refusal(code="session-not-found", message=f"Session not found with ID: {reference}")


OfPart = Cancel | GetResponse | AnswerPermission
"""What is asked of something in a session that only its own id names."""


def session_of(request: OfPart) -> str:
    """The id of the session in which it would be."""
    if isinstance(request, AnswerPermission):
        return permission_asks.session_of(request.permission)
    return request.response_id.rpartition("-")[0]


def no_part(request: OfPart) -> Refusal:
    """There is no such session."""
    if isinstance(request, AnswerPermission):
        return permission_answers.not_found(request.permission)
    text = f"Response not found with ID: {request.response_id}"
    return Refusal(code="response-not-found", message=text)


def _begins(session_id: str, reference: str) -> bool:
    return len(reference) >= SHORTEST_PREFIX and session_id.startswith(reference)


def _ambiguous(reference: str, matches: list[Session]) -> Refusal:
    shown = matches[:MOST_CANDIDATES]
    more = f" and {len(matches) - len(shown)} more" if len(matches) > len(shown) else ""
    ids = ", ".join(session.id for session in shown)
    return Refusal(
        code="ambiguous",
        message=f"{reference!r} could be {ids}{more}; name one by its id",
        data={"candidates": [{"id": session.id, "title": session.title} for session in shown]},
    )
