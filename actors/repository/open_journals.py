"""Which sessions a backend keeps, the latest record of each, and the few whose journal is open.

Used by one thread at a time.
"""

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from storage.backends.base import Backend, Log
from storage.journal.frame import Commit
from storage.replay import folded
from storage.state import SessionState

if TYPE_CHECKING:
    from storage.records.session import Session

MOST_OPEN = 64
"""Journals that are kept open; each is a descriptor, and a state in memory."""


class OpenSession:
    """A session whose journal is open."""

    def __init__(self, log: Log, state: SessionState) -> None:
        self.log = log
        self.state = state


class OpenJournals:
    """`records`: session id -> the record of each that was looked at so far."""

    def __init__(self, backend: Backend) -> None:
        self.records: dict[str, Session] = {}
        self._backend = backend
        self._stored: set[str] | None = None
        self._open: OrderedDict[str, OpenSession] = OrderedDict()

    def stored(self) -> set[str]:
        """The ids of all that there are. Looked up once: nobody else adds any."""
        if self._stored is None:
            self._stored = self._backend.sessions()
        return self._stored

    def look(self, session_id: str) -> OpenSession | None:
        """The session, opened if need be; None if there is none. What `Backend.open` raises."""
        found = self._open.get(session_id)
        if found is None:
            if session_id not in self.stored():
                return None
            log, commits = self._backend.open(session_id)
            found = OpenSession(log, _replayed(session_id, log, commits))
        self.remember(session_id, found)
        if found.state.deleted:
            self.discard(session_id)  # the deletion was cut short before this
            return None
        return found

    def remember(self, session_id: str, found: OpenSession) -> None:
        """It has changed, or was looked at: keep it open before all others."""
        self._open[session_id] = found
        self._open.move_to_end(session_id)
        self.records[session_id] = found.state.record
        self.stored().add(session_id)
        while len(self._open) > MOST_OPEN:
            self.let_go(next(iter(self._open)))

    def let_go(self, session_id: str) -> None:
        """Close its journal, if it is open; the next look opens it again."""
        found = self._open.pop(session_id, None)
        if found:
            found.log.close()

    def discard(self, session_id: str) -> None:
        """Put an open session that is deleted out of the way. StorageError, OSError."""
        last = self._open[session_id].log.end.n
        self.let_go(session_id)
        self._backend.discard(session_id, last)
        self.records.pop(session_id, None)
        self.stored().discard(session_id)

    def forget(self) -> None:
        """Close everything, and look anew at what there is."""
        while self._open:
            self.let_go(next(iter(self._open)))
        self._stored = None
        self.records.clear()


def _replayed(session_id: str, log: Log, commits: list[Commit]) -> SessionState:
    try:
        return folded(Path(session_id), commits)
    except BaseException:
        log.close()
        raise
