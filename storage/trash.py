"""Deleted sessions, whole, until they are purged: `trash/<id>-<n>`, `n` the journal's last number.

Promises that moving, restoring and purging are durable and can be done again after a crash, that
none of them touches anything outside `sessions/` and `trash/`, and that a link is never followed.
A name that begins with `.purging-` is half removed. Who asks, and when, is for the caller.
"""

import fcntl
import itertools
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from storage import durable
from storage.data_dir import DataDir
from storage.errors import JournalCorrupt, StorageError
from storage.finding import pick
from storage.journal import log
from storage.journal.frame import Commit, JournalEnd
from storage.journal.repair import is_torn
from storage.records import event as e
from storage.records.process import UtcTime
from storage.records.request import Refusal
from storage.records.session import Session
from storage.replay import folded
from storage.state import SessionState

PURGING = ".purging-"
_NAME = re.compile(r"([A-Za-z0-9-]{1,64})-(\d{1,18})(?:\.\d+)?")


class SessionExists(StorageError):
    """The id is in use here, or lies in the trash: `whereabouts` says where, and what to do."""

    code = "session-exists"

    def __init__(self, session_id: str, whereabouts: str) -> None:
        super().__init__(f"Session already exists with ID: {session_id} ({whereabouts})")
        self.session_id = session_id


class Shelved(Struct, frozen=True, kw_only=True):
    """A directory in the trash, known by its name alone."""

    workspace: str
    name: str
    id: str
    n: int
    directory: Path


class TrashEntry(Struct, frozen=True, kw_only=True):
    """A deleted session in a listing. `problem`: why its journal cannot be used, None if it can.

    `title`, `type` and `location_path` are None then, and `deleted_at` is when it was moved here.
    """

    id: str
    name: str
    workspace: str
    n: int
    title: str | None
    type: Literal["quick", "worktree"] | None
    location_path: str | None
    deleted_at: UtcTime
    bytes: int
    problem: str | None


def move_to_trash(data: DataDir, workspace: str, session_id: str, n: int) -> Path:
    """Renames the session's directory to `trash/<id>-<n>`, `n` being its journal's last number.

    Does nothing if that was done already, by itself or before a crash. Where somebody put a copy
    under that name, it gets the next one: `<id>-<n>.2`. FileNotFoundError if it is in neither
    place, StorageError; so is what is no directory of its own, which stays.
    """
    source = data.session(workspace, session_id)
    target = data.trash(workspace) / f"{source.name}-{n}"
    is_there = os.path.lexists(source)
    if not is_there:
        os.lstat(target)
    elif not stat.S_ISDIR(source.lstat().st_mode):
        raise StorageError(f"{source} is a link or a file, and no session's directory: remove it")
    with durable.named_failures(source):
        if is_there:
            durable.make_directory(target.parent)
            target = _free(target)
            source.rename(target)
        durable.sync_directory(target.parent)
        durable.sync_directory(source.parent)
    return target


def shelved(data: DataDir) -> list[Shelved]:
    """What lies in the trash of every workspace, by name. OSError."""
    found = []
    for workspace in data.workspace_names():
        for name, directory in _directories(data.trash(workspace)):
            match = _NAME.fullmatch(name)
            if match:
                found.append(
                    Shelved(
                        workspace=workspace,
                        name=name,
                        id=match[1],
                        n=int(match[2]),
                        directory=directory,
                    )
                )
    return found


def described(item: Shelved) -> TrashEntry:
    """The same with what its journal tells. FileNotFoundError if it is gone by now, OSError."""
    moved_at = datetime.fromtimestamp(item.directory.lstat().st_ctime, UTC)
    session, deleted_at, problem = _told(item)
    return TrashEntry(
        id=item.id,
        name=item.name,
        workspace=item.workspace,
        n=item.n,
        title=session.title if session else None,
        type=session.__struct_config__.tag if session else None,  # type: ignore[arg-type]  # the tag is one of the two
        location_path=session.location_path if session else None,
        deleted_at=deleted_at or moved_at,
        bytes=size_of(item.directory),
        problem=problem,
    )


def listing(data: DataDir) -> list[TrashEntry]:
    """Everything in the trash, the latest deletion first. OSError."""
    found = []
    for item in shelved(data):
        with suppress(FileNotFoundError):  # restored or purged meanwhile
            found.append(described(item))
    return sorted(found, key=lambda entry: (entry.deleted_at, entry.name), reverse=True)


def find(data: DataDir, reference: str) -> Shelved | Refusal:
    """What a reference means in the trash: `<id>-<n>`, an id, the beginning of one, or a title.

    `session-not-found`, or `ambiguous` with the candidates. OSError.
    """
    return pick(reference, shelved(data), _title_of, "in the trash; see: greenroom trash")


def state_of(item: Shelved) -> SessionState | None:
    """All that its journal says; None if that cannot be read."""
    try:
        return folded(item.directory, log.read(item.directory).commits)
    except (StorageError, OSError, msgspec.MsgspecError):
        return None


def restore(
    data: DataDir,
    item: Shelved,
    at: datetime,
    request: str | None = None,
    first: Callable[[int], object] = lambda _: None,
) -> tuple[Session, JournalEnd]:
    """Puts the session back among those of its workspace, stopped, and says so in its journal.

    `first` is called before anything of that is done, with the descriptor whose lock keeps others
    away; what it raises leaves the session in the trash.
    A crash before the last step leaves it in the trash, to be restored again. FileNotFoundError if
    it is not there any more, SessionExists, JournalCorrupt (and its kind), StorageError.
    """
    target = data.session(item.workspace, item.id)
    with held(item.directory) as lock:
        require_unused(data, item.id)
        first(lock)
        found = bring_back(
            item.directory,
            item.id,
            e.SessionRestored("trash"),
            at,
            workspace=item.workspace,
            named_elsewhere=item.n,
            request=request,
        )
        with durable.named_failures(target):
            item.directory.rename(target)
            durable.sync_directory(target.parent)
            durable.sync_directory(item.directory.parent)
    return found


def bring_back(
    directory: Path,
    session_id: str,
    restored: e.SessionRestored,
    at: datetime,
    *,
    workspace: str,
    named_elsewhere: int,
    request: str | None = None,
) -> tuple[Session, JournalEnd]:
    """Adds `restored` to the journal in `directory`, unless a crash left it there in the trash.

    The record says `workspace` from then on; the first line goes on naming where it was made.
    What `Journal.open` and `Journal.append` raise.
    """
    journal, commits = log.Journal.open(directory, named_elsewhere)
    with journal:
        if journal.header.session != session_id:
            raise JournalCorrupt(f"{directory} holds the journal of {journal.header.session}")
        state = folded(directory, commits)
        events: tuple[e.Event, ...] = (restored,)
        if state.record.workspace != workspace:
            events = (restored, e.SessionUpdated({"workspace": workspace}))
        if restored.source == "import" or len(events) > 1 or not _is_back(commits):
            journal.append([(at, events, request)])
            added = Commit(n=journal.end.n, synced=0, prev="", at=at, events=events)
            state = folded(directory, [*commits, added])
        return state.record, journal.end


def purge(item: Shelved) -> None:
    """Removes it for good. From the rename on it is gone, and what is left goes at the next start.

    FileNotFoundError if it is not there any more, StorageError.
    """
    with held(item.directory):
        doomed = _free(item.directory.with_name(f"{PURGING}{item.name}"))
        try:
            item.directory.rename(doomed)
            durable.sync_directory(doomed.parent)
        except OSError as error:
            if error.errno not in durable.FULL:
                raise durable.storage_error(error, item.directory) from error
            doomed = item.directory  # no room for another name: it goes as it stands
    remove(doomed)


def half_purged(data: DataDir) -> list[Path]:
    """What a crash left of purges. OSError."""
    found = [
        path
        for workspace in data.workspace_names()
        for name, path in _directories(data.trash(workspace))
        if name.startswith(PURGING)
    ]
    return sorted(found)


def remove(directory: Path) -> None:
    """All of it; a link in it goes, what it leads to stays. StorageError."""
    with durable.named_failures(directory):
        while os.path.lexists(directory):
            with suppress(FileNotFoundError):  # somebody else is at it too
                shutil.rmtree(directory)
        durable.sync_directory(directory.parent)


def require_unused(data: DataDir, session_id: str) -> None:
    """SessionExists if a session of any workspace has the id."""
    for workspace in data.workspace_names():
        if os.path.lexists(data.session(workspace, session_id)):
            look = f"look at it with: greenroom show {session_id}"
            raise SessionExists(session_id, f"in workspace {workspace}; {look}")


def size_of(directory: Path) -> int:
    """The bytes of all files in it, links not followed; what cannot be read counts nothing."""
    total = 0
    for path, _, names in os.walk(directory):
        for name in names:
            with suppress(OSError):
                total += os.lstat(f"{path}/{name}").st_size
    return total


@contextmanager
def held(directory: Path) -> Iterator[int]:
    """Nobody else restores, purges or imports it meanwhile, nor until the descriptor that it gives
    is closed by whoever inherits it.

    FileNotFoundError if it is not there (any more), OSError.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(directory, flags)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not os.path.samestat(os.fstat(descriptor), directory.lstat()):
            raise FileNotFoundError(f"{directory} is another one by now")
        yield descriptor
    finally:
        os.close(descriptor)


def is_held(directory: Path) -> bool:
    """Whether somebody is at work on it; False too if it is gone."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _free(path: Path) -> Path:
    """The path itself, or with `.2`, `.3` and so on if it is taken."""
    names = itertools.chain([path.name], (f"{path.name}.{number}" for number in itertools.count(2)))
    return next(path.with_name(name) for name in names if not os.path.lexists(path.with_name(name)))


def _is_back(commits: list[Commit]) -> bool:
    """An earlier restoration got so far and no further."""
    return any(isinstance(event, e.SessionRestored) for event in commits[-1].events)


def _directories(parent: Path) -> Iterator[tuple[str, Path]]:
    try:
        names = sorted(path.name for path in parent.iterdir())
    except FileNotFoundError:
        return
    for name in names:
        path = parent / name
        with suppress(FileNotFoundError):
            if stat.S_ISDIR(path.lstat().st_mode):
                yield name, path


def _told(item: Shelved) -> tuple[Session | None, datetime | None, str | None]:
    """The session, when it was deleted, and what is wrong, as far as the journal can be read."""
    try:
        found = log.read(item.directory)
        if found.header.session != item.id:
            raise JournalCorrupt(f"{item.directory} holds the journal of {found.header.session}")
        session = folded(item.directory, found.commits).record
    except (StorageError, OSError, msgspec.MsgspecError) as error:
        return None, None, str(error)
    deleted = [c.at for c in found.commits if any(_ends(event) for event in c.events)]
    fault, problem = found.fault, None
    if fault and not is_torn(fault, item.n):
        problem = f"its journal is damaged from number {fault.number} on (byte {fault.offset})"
    elif found.end.n < item.n:
        problem = f"its journal ends at number {found.end.n}, but number {item.n} was confirmed"
    return session, deleted[-1] if deleted else None, problem


def _ends(event: e.AnyEvent) -> bool:
    return isinstance(event, e.SessionDeleted)


def _title_of(item: Shelved) -> str | None:
    session, _, _ = _told(item)
    return session.title if session else None
