"""All sessions of a workspace at start: from `sessions.json`, and from journals that say more.

Only a journal longer than its entry says is replayed. Loading starts nothing and changes nothing
but what `Journal.open` repairs. A file that is no evidence, say because somebody edited it, is left
where it is.
"""

import logging
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from storage import revisions, sessions_file
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt, StorageError
from storage.journal.frame import JournalEnd
from storage.journal.log import NAME, Journal, temporary_of
from storage.records.ids import is_id
from storage.records.session import Session
from storage.replay import folded
from storage.revisions import Numbers, Revisions

_log = logging.getLogger(__name__)


class CatalogEntry(Struct, frozen=True):
    """A session, where its journal ends, and whether its deletion is still under way."""

    session: Session
    end: JournalEnd
    deleting: bool = False


class Catalog(Struct, frozen=True, kw_only=True):
    """`unreadable`: session id -> why its journal was refused.

    `revision`: the highest that was used; `previous`: what stood in it, None if that is not
    known. `is_current`: `sessions.json` says all this.
    """

    entries: dict[str, CatalogEntry]
    unreadable: dict[str, str]
    revision: int
    previous: Numbers | None
    is_current: bool


def load(data: DataDir, workspace: str) -> Catalog:
    """Every session of the workspace. OSError if its directory cannot be read."""
    projected = sessions_file.read(data.sessions_file(workspace))
    is_ours = isinstance(projected, sessions_file.SessionsFile)
    known = _known(projected)
    revision, previous = _last_revision(data, workspace, projected)
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
        previous=previous,
        is_current=is_ours and entries == known,
    )


def _known(projected: sessions_file.Verdict) -> dict[str, CatalogEntry]:
    """Only an unchanged file of ours is evidence."""
    if not isinstance(projected, sessions_file.SessionsFile):
        return {}
    return {session.id: CatalogEntry(session, end) for session, end in projected.entries}


def _last_revision(
    data: DataDir, workspace: str, projected: sessions_file.Verdict
) -> tuple[int, Numbers | None]:
    """The highest number that was used, and what stood in it if that is the file's."""
    last = 0
    with suppress(OSError):
        last = Revisions(data.sessions_file(workspace).with_name(revisions.NAME)).last()
    match projected:
        case sessions_file.SessionsFile(revision, entries) if revision == last:
            return last, {session.id: end.n for session, end in entries}
        case sessions_file.SessionsFile(revision):
            return max(last, revision), None
        case sessions_file.Edited(revision) if last == 0:
            return max(0, revision), None
        case _:
            return last, None


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
        state = folded(directory, commits)
        return CatalogEntry(state.record, journal.end, state.deleting)


def _forget_half_made(directory: Path) -> None:
    """A creation that a crash or a full disk cut short: nobody was told of it.

    Only what such a one leaves is removed; a directory that holds anything else stays.
    """
    with suppress(OSError):
        temporary_of(directory / NAME).unlink(missing_ok=True)
        directory.rmdir()
