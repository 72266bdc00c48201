"""All sessions of a workspace at start: from `sessions.json`, and from journals that say more.

Only a journal whose length is not what its entry says is replayed: damage that leaves the length as
it was is found by `verify`, and when the session wakes. Loading starts nothing and changes nothing
but what `Journal.open` repairs. A file that is no evidence, say because somebody edited it, is left
where it is.
"""

import logging
import os
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from storage import revisions, sessions_file
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt, StorageError
from storage.journal.frame import JournalEnd
from storage.journal.log import NAME, Journal, size_bytes, temporary_of
from storage.records.ids import is_id
from storage.records.session import Session
from storage.replay import folded
from storage.revisions import Revisions

_log = logging.getLogger(__name__)


class CatalogEntry(Struct, frozen=True):
    """A session, where its journal ends, and whether its deletion is still under way."""

    session: Session
    end: JournalEnd
    deleting: bool = False


class Catalog(Struct, frozen=True, kw_only=True):
    """`unreadable`: session id -> why its journal was refused.

    `revision`: the highest that was used. `is_current`: `sessions.json` says all this.
    """

    entries: dict[str, CatalogEntry]
    unreadable: dict[str, str]
    revision: int
    is_current: bool


def load(data: DataDir, workspace: str) -> Catalog:
    """Every session of the workspace. OSError if its directory cannot be read."""
    projected = sessions_file.read(data.sessions_file(workspace))
    is_ours = isinstance(projected, sessions_file.SessionsFile) and not projected.lacks_fields
    known = _known(projected)
    entries: dict[str, CatalogEntry] = {}
    unreadable: dict[str, str] = {}
    for session_id, is_link in _directories(data.sessions(workspace)):
        entry = known.get(session_id)
        if entry and not is_link and _length(data, workspace, session_id) == entry.end.bytes:
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
            unreadable[session_id] = (
                "its directory is gone, and it is not in trash/ either:"
                " put back a copy of it, or delete the session"
            )
    return Catalog(
        entries=entries,
        unreadable=unreadable,
        revision=_last_revision(data, workspace, projected),
        is_current=is_ours and entries == known,
    )


def _directories(sessions: Path) -> list[tuple[str, bool]]:
    """The names that can be sessions, in order, and whether each is but a link. OSError."""
    with os.scandir(sessions) as found:
        return sorted(
            (each.name, each.is_symlink()) for each in found if is_id(each.name) and each.is_dir()
        )


def _known(projected: sessions_file.Verdict) -> dict[str, CatalogEntry]:
    """Only an unchanged file of ours is evidence."""
    if not isinstance(projected, sessions_file.SessionsFile):
        return {}
    return {session.id: CatalogEntry(session, end) for session, end in projected.entries}


def _last_revision(data: DataDir, workspace: str, projected: sessions_file.Verdict) -> int:
    """The highest number that was used."""
    last = 0
    with suppress(OSError):
        last = Revisions(data.sessions_file(workspace).with_name(revisions.NAME)).last()
    match projected:
        case sessions_file.SessionsFile(revision):
            return max(last, revision)
        case sessions_file.Edited(revision) if last == 0:
            return max(0, revision)
        case _:
            return last


def _length(data: DataDir, workspace: str, session_id: str) -> int | None:
    try:
        return size_bytes(data.session(workspace, session_id))
    except OSError:
        return None


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

    A directory that holds anything else stays, attachments too: they could be all that is left of a
    session whose journal somebody removed. It keeps no session from being created there again.
    """
    with suppress(OSError):
        temporary_of(directory / NAME).unlink(missing_ok=True)
        directory.rmdir()
