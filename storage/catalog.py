"""All sessions of a workspace at start: from `sessions.json`, and from journals that say more.

Only a journal longer than its entry says is replayed. Loading starts nothing and changes nothing
but what `Journal.open` repairs; a file that is no evidence goes to `rejected/`, with the reason.
"""

import logging
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from storage import fold, rejected, sessions_file
from storage.data_dir import DataDir
from storage.errors import FileRefused, JournalCorrupt, StorageError
from storage.journal.frame import Commit, JournalEnd
from storage.journal.log import NAME, Journal, temporary_of
from storage.records.ids import is_id
from storage.records.session import Session
from storage.state import SessionState

_log = logging.getLogger(__name__)

EDITED = "edited by hand; what it changed was not taken over, send update-session instead"


class CatalogEntry(Struct, frozen=True):
    """A session, where its journal ends, and whether its deletion is still under way."""

    session: Session
    end: JournalEnd
    deleting: bool = False


class Catalog(Struct, frozen=True, kw_only=True):
    """`unreadable`: session id -> why its journal was refused. `revision`: of the projection."""

    entries: dict[str, CatalogEntry]
    unreadable: dict[str, str]
    revision: int
    previous_ids: frozenset[str]
    is_current: bool


def load(data: DataDir, workspace: str) -> Catalog:
    """Every session of the workspace. OSError if its directory cannot be read."""
    known, revision, is_ours = _projection(data, workspace)
    entries: dict[str, CatalogEntry] = {}
    unreadable: dict[str, str] = {}
    for path in sorted(data.sessions(workspace).iterdir()):
        session_id = path.name
        if not is_id(session_id) or not path.is_dir():
            continue
        entry = known.get(session_id)
        if entry and _length(data, workspace, session_id) == entry.end.bytes:
            entries[session_id] = entry
            continue
        try:
            replayed = _replay(data, workspace, session_id, entry.end.n if entry else 0)
        except StorageError as error:
            unreadable[session_id] = str(error)
            if entry:
                entries[session_id] = entry
        else:
            if replayed:
                entries[session_id] = replayed
    for session_id in known.keys() - entries.keys():
        if not _was_deleted(data, workspace, session_id):
            entries[session_id] = known[session_id]
            unreadable[session_id] = "its directory is gone, and it is not in trash/ either"
    return Catalog(
        entries=entries,
        unreadable=unreadable,
        revision=revision,
        previous_ids=frozenset(known),
        is_current=is_ours and entries == known,
    )


def _projection(data: DataDir, workspace: str) -> tuple[dict[str, CatalogEntry], int, bool]:
    path = data.sessions_file(workspace)
    match sessions_file.read(path):
        case sessions_file.SessionsFile(revision, entries):
            known = {session.id: CatalogEntry(session, end) for session, end in entries}
            return known, revision, True
        case sessions_file.Broken() as broken:
            rejected.reject(path, data.rejected, broken.refusal)
            return {}, 0, False
        case sessions_file.Edited(revision):
            rejected.reject(path, data.rejected, FileRefused(EDITED))
            return {}, revision, False
        case _:
            return {}, 0, False


def _length(data: DataDir, workspace: str, session_id: str) -> int:
    try:
        return (data.session(workspace, session_id) / NAME).stat().st_size
    except OSError:
        return -1


def _was_deleted(data: DataDir, workspace: str, session_id: str) -> bool:
    return any(data.trash(workspace).glob(f"{session_id}-*"))


def _replay(
    data: DataDir, workspace: str, session_id: str, named_elsewhere: int
) -> CatalogEntry | None:
    directory = data.session(workspace, session_id)
    if not (directory / NAME).exists() and not named_elsewhere:
        _forget_half_made(directory)
        return None
    journal, commits = Journal.open(directory, named_elsewhere)
    if journal.torn:
        _log.warning("a torn tail was cut from the journal and is kept as %s", journal.torn)
    with journal:
        if journal.header.session != session_id:
            raise JournalCorrupt(f"{directory} holds the journal of {journal.header.session}")
        state = _folded(directory, commits)
        return CatalogEntry(state.record, journal.end, state.deleting)


def _folded(directory: Path, commits: list[Commit]) -> SessionState:
    state = SessionState()
    try:
        for commit in commits:
            state = fold.apply_all(state, commit.events, commit.at)
    except (LookupError, msgspec.ValidationError) as error:
        raise JournalCorrupt(f"{directory}: its events do not fit together: {error}") from error
    if state.session is None:
        raise JournalCorrupt(f"{directory}: its journal begins with no session")
    return state


def _forget_half_made(directory: Path) -> None:
    """A creation that a crash or a full disk cut short: nobody was told of it.

    Only what such a one leaves is removed; a directory that holds anything else stays.
    """
    with suppress(OSError):
        temporary_of(directory / NAME).unlink(missing_ok=True)
        directory.rmdir()
