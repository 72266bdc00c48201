"""Takes what is whole out of a damaged journal, into a new file beside it, never in place.

A line is taken when its own `crc` is right, its number rises, and its events fold onto what was
taken before. Numbers stay what they were, because others name them: where one is lost stands a
commit without events, and for the session's creation what somebody else knows of it. Who may
`install` the result, and when, is the caller's.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from storage import durable, fold
from storage.errors import JournalCorrupt
from storage.journal import anew
from storage.journal.aside import is_same, keep_tail, place
from storage.journal.frame import Commit, Header, JournalEnd
from storage.journal.log import NAME, read_at
from storage.journal.pieces import (
    MOST_MISSING,
    Lost,
    Piece,
    fitting,
    header_of,
    lost_between,
    read,
)
from storage.journal.scan import opened
from storage.records.config import TokenMetrics
from storage.records.event import SessionCreated, WorkerCreated
from storage.records.session import Session
from storage.state import SessionState

Tell = Callable[[int], object]


class Salvaged(Struct, frozen=True, kw_only=True):
    """`path` is the journal itself if nothing is lost. `end`: where the file at `path` ends.

    `kept`: how many commits; those that stand for lost numbers are not counted. `remade`: the line
    that created the session was lost, and one was made of what others know of it.
    """

    path: Path
    kept: int
    end: JournalEnd
    lost: tuple[Lost, ...]
    remade: bool = False


def salvage(
    directory: Path,
    at: datetime,
    named_elsewhere: int = 0,
    tell: Tell = lambda _: None,
    session_id: str | None = None,
    record: Session | None = None,
) -> Salvaged:
    """What can be had of a session's journal, on disk under `journal.salvaged-<at>.jsonl`.

    `named_elsewhere`: the highest number that others name; the new file reaches it. `tell` hears
    how many bytes are read. `session_id`: whose it is, where `directory` has another name.
    `record`: the session as somebody else knows it, for when the line that created it is lost. An
    earlier file with the same content is used again. JournalMissing, JournalTooNew, StorageError;
    JournalCorrupt if that line is lost and there is no record.
    """
    path = directory / NAME
    pieces = read(path, tell)
    header = header_of(pieces)
    session_id = header.session if header else session_id or directory.name
    taken = fitting(pieces, session_id)
    commits = _commits(taken)
    creation = None
    if not commits and record is not None:
        creation = _made_anew(record, pieces)
        state = fold.apply_line(SessionState(), creation.events, creation.at)
        taken = fitting(pieces, session_id, state, creation.n)
        commits = _commits(taken)
    lost = tuple(lost_between(pieces, {piece.offset for piece in taken}, named_elsewhere))
    if not commits:
        raise JournalCorrupt(
            f"{path}: nothing can be salvaged, for the line that created the session is damaged"
            " and no other fits to what is known of it: put back a copy of the directory if there"
            " is one. What is whole can be read all the same: each line is JSON"
        )
    if not lost:
        end = JournalEnd(commits[-1].n, pieces[-1].offset + pieces[-1].length, pieces[-1].crc)
        return Salvaged(path=path, kept=len(commits), end=end, lost=())
    if header is None:
        workspace = directory.parent.parent.name
        header = Header(session=session_id, workspace=workspace, at=commits[0].at)
    first = [creation] if creation else []
    new, end = _written(directory, at, header, [*_filled([*first, *commits], named_elsewhere)])
    return Salvaged(path=new, kept=len(commits), end=end, lost=lost, remade=bool(first))


def _commits(pieces: Iterable[Piece]) -> list[Commit]:
    return [piece.content for piece in pieces if isinstance(piece.content, Commit)]


def _made_anew(record: Session, pieces: Iterable[Piece]) -> Commit:
    """Number 1, from the record as it was later: without what the whole lines will add to it."""
    added = {
        event.worker.id
        for commit in _commits(pieces)
        for event in commit.events
        if isinstance(event, WorkerCreated)
    }
    first = msgspec.structs.replace(
        record,
        workers=tuple(worker for worker in record.workers if worker.id not in added),
        metrics=TokenMetrics(),
        message_count=0,
        open_requests=0,
    )
    return Commit(n=1, synced=0, prev="", at=record.created_at, events=(SessionCreated(first),))


def install(directory: Path, salvaged: Salvaged) -> Path | None:
    """Puts the salvaged journal in the damaged one's place, which is kept; the path of that.

    The damaged one becomes `journal.damaged-<first lost number>`. A crash inside, and doing it
    again finishes; None if there was nothing left to do. Nobody may have the journal open.
    StorageError.
    """
    path = directory / NAME
    if salvaged.path == path or _is_installed(path, salvaged):
        return None
    with durable.named_failures(path):
        descriptor = opened(path)
        try:
            number = next((one.first for one in salvaged.lost if one.first is not None), 0)
            kept = keep_tail(descriptor, 0, directory, f"{path.stem}.damaged-{number}")
        finally:
            os.close(descriptor)
        salvaged.path.rename(path)
        durable.sync_directory(directory)
    return kept


def _is_installed(path: Path, salvaged: Salvaged) -> bool:
    """A crash came after the rename: that its name is on disk is all that may be missing."""
    if salvaged.path.exists() or read_at(path).end != salvaged.end:
        return False
    with durable.named_failures(path):
        durable.sync_directory(path.parent)
    return True


def _filled(commits: list[Commit], named: int) -> Iterator[Commit]:
    """The commits without a gap; those that fill one have the time of the one before."""
    number, at = 1, commits[0].at
    for commit in commits:
        while number < commit.n:
            yield _empty(number, at)
            number += 1
        yield commit
        number, at = commit.n + 1, commit.at
    for missing in range(number, min(named, number + MOST_MISSING) + 1):
        yield _empty(missing, at)


def _empty(number: int, at: datetime) -> Commit:
    return Commit(n=number, synced=0, prev="", at=at, events=())


def _written(
    directory: Path, at: datetime, header: Header, commits: list[Commit]
) -> tuple[Path, JournalEnd]:
    temporary = directory / ".journal.salvaged.tmp"
    path = temporary
    with durable.named_failures(directory / NAME):
        descriptor = durable.create(temporary)
        try:
            end = anew.write(descriptor, header, commits)
            os.fsync(descriptor)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        for earlier in sorted(directory.glob("journal.salvaged-*")):
            if is_same(earlier, temporary):
                path = place(temporary, directory, earlier.name)
                break
        else:
            path = place(temporary, directory, f"journal.salvaged-{at:%Y%m%dT%H%M%SZ}.jsonl")
    return path, end
