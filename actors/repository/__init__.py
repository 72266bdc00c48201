"""Sessions, their messages and numbers for a Python program, kept in a place of its choice.

Rules and events are the daemon's own: each call is a decision on the session's state, whose events
are journaled before anyone hears of them. Nothing here runs: no process, no model. Values go in and
out as copies.
"""

from actors.refused import Refused
from actors.repository.places import FileSessionRepository, MemorySessionRepository
from actors.repository.session_repository import SessionRepository

__all__ = ["FileSessionRepository", "MemorySessionRepository", "Refused", "SessionRepository"]
