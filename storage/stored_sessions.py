"""Which sessions there are, told from files alone: for whoever must do without a daemon.

Changes nothing and repairs nothing. A title stands in `sessions.json`; where that says nothing, or
less than the journal, the journal is read.
"""

from pathlib import Path

from msgspec import Struct

from storage import sessions_file
from storage.data_dir import DataDir
from storage.errors import StorageError
from storage.finding import pick
from storage.journal import log
from storage.records.ids import is_id
from storage.records.request import Refusal
from storage.records.session import Session
from storage.replay import folded
from storage.sessions_file import Entry


class StoredSession(Struct, frozen=True, kw_only=True):
    """`known` is its entry in `sessions.json`, None if it has none."""

    workspace: str
    id: str
    directory: Path
    known: Entry | None

    @property
    def name(self) -> str:
        return self.id


def stored_sessions(data: DataDir) -> list[StoredSession]:
    """Every directory that can be a session's. OSError."""
    found = []
    for workspace in data.workspace_names():
        projected = _projected(data, workspace)
        for directory in _directories(data.sessions(workspace)):
            known = projected.get(directory.name)
            found.append(
                StoredSession(
                    workspace=workspace,
                    id=directory.name,
                    directory=directory,
                    known=known,
                )
            )
    return found


def find(data: DataDir, reference: str) -> StoredSession | Refusal:
    """What a reference means; `session-not-found`, or `ambiguous` with the candidates. OSError."""
    return pick(reference, stored_sessions(data), _title_of)


def _projected(data: DataDir, workspace: str) -> dict[str, Entry]:
    match sessions_file.read(data.sessions_file(workspace)):
        case sessions_file.SessionsFile(_, entries):
            return {entry[0].id: entry for entry in entries}
        case _:
            return {}


def _directories(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if is_id(path.name) and path.is_dir())
    except FileNotFoundError:
        return []


def record_of(stored: StoredSession) -> Session | None:
    """As its journal has it, which is read where `sessions.json` says less; None if that fails."""
    if stored.known and log.size_bytes(stored.directory) == stored.known[1].bytes:
        return stored.known[0]
    try:
        return folded(stored.directory, log.read(stored.directory).commits).record
    except StorageError:
        return None


def _title_of(stored: StoredSession) -> str | None:
    found = record_of(stored) or (stored.known[0] if stored.known else None)
    return found.title if found else None
