"""The durable record of every session, written by the directory and read by anyone."""

from typing import TYPE_CHECKING

from storage.records.session import Session

if TYPE_CHECKING:
    from actors.recording.projector import Projector
    from storage.catalog import CatalogEntry


class SessionIndex:
    """One writer; readers take what is there in one step, so that they need no lock."""

    def __init__(self) -> None:
        self.entries: dict[str, CatalogEntry] = {}
        self.unreadable: dict[str, str] = {}
        self.given_up: dict[str, str] = {}
        self.not_durable: dict[str, str] = {}
        self.projectors: dict[str, Projector] = {}
        self.is_read = False
        """Whether every session that can be read is among the entries."""

    def session(self, session_id: str) -> Session | None:
        """Its durable record; None of one that is not there."""
        entry = self.entries.get(session_id)
        return entry.session if entry else None

    def sessions(self) -> list[Session]:
        """All of them, oldest first."""
        sessions = [entry.session for entry in list(self.entries.values())]
        return sorted(sessions, key=lambda session: (session.created_at, session.id))

    def quarantined(self) -> dict[str, str]:
        """Why nothing can be done in a session, by its id: its journal is damaged, or its actor
        failed too often.
        """
        return {**self.given_up, **self.unreadable}

    def problems(self) -> list[str]:
        """Why a workspace's `sessions.json` cannot be written at present."""
        found = [projector.problem for projector in list(self.projectors.values())]
        return [problem for problem in found if problem]
