"""Which sessions a backend keeps, the latest record of each, and the few whose journal is open.

Used by one thread at a time.
"""

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from storage.backends.base import Backend, Log, Stored
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

    def __init__(self, backend: Backend, workspace: str) -> None:
        self.records: dict[str, Session] = {}
        self._backend = backend
        self._workspace = workspace
        self._stored: dict[str, Stored] | None = None
        self._open: OrderedDict[str, OpenSession] = OrderedDict()

    def stored(self) -> dict[str, Stored]:
        """All that there are, by id. Looked up once: nobody else adds any."""
        if self._stored is None:
            self._stored = {one.session_id: one for one in self._backend.sessions()}
        return self._stored

    def look(self, session_id: str) -> OpenSession | None:
        """The session, opened if need be; None if there is none. What `Backend.open` raises."""
        found = self._open.get(session_id)
        if found is None:
            stored = self.stored().get(session_id)
            if stored is None:
                return None
            log, commits = self._backend.open(session_id, stored.workspace, stored.named_elsewhere)
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
        named = Stored(session_id=session_id, workspace=self._workspace)
        self.stored().setdefault(session_id, named)
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
        self._backend.discard(session_id, self._workspace, last)
        self.records.pop(session_id, None)
        self.stored().pop(session_id, None)

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
