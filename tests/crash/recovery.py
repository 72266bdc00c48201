"""The real start on a data directory, as far as it concerns the disk, and what it found.

The same steps as at boot, without what starts processes: layout, requests journal, claims, every
session, deletions and purges that were under way, `sessions.json`.
"""

from pathlib import Path

from msgspec import Struct

from storage import (
    attachments,
    catalog,
    imported,
    request_files,
    trash,
)
from storage.data_dir import DEFAULT_WORKSPACE, DataDir
from storage.errors import FileRefused, StorageError
from storage.journal import log
from storage.journal.frame import Commit
from storage.journal.log import Journal
from storage.records.session import Session
from storage.replay import folded
from storage.requests_journal import RequestsJournal
from storage.state import SessionState
from tests.crash import projecting
from tests.crash.marks import Line


class Shelf(Struct, frozen=True):
    """A session in the trash: the number in its name, and its journal."""

    n: int
    lines: tuple[Line, ...]


class Found(Struct, frozen=True):
    """By session id: the journal and the record of each that is there, and those in the trash.

    `answers`: by request id the answer that is remembered, or None while there is none yet;
    `open_requests` are those that were not said to be published. `problems` in words.
    """

    sessions: dict[str, tuple[Line, ...]] = {}
    records: dict[str, Session] = {}
    shelved: dict[str, Shelf] = {}
    open_requests: dict[str, bytes | None] = {}
    claims: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def recover(root: Path) -> Found:
    """Everything that is wrong is in `problems`."""
    data = DataDir(root)
    problems: list[str] = []
    data.prepare()
    open_requests = _requests(data, problems)
    claims = request_files.claimed(data.inbox)
    for path in [*trash.half_purged(data), *imported.half_imported(data)]:
        trash.remove(path)
    projecting.clear(data)
    loaded = catalog.load(data, DEFAULT_WORKSPACE)
    problems += [f"{one}: {why}" for one, why in loaded.unreadable.items()]
    sessions, records = {}, {}
    for session_id, entry in loaded.entries.items():
        if session_id in loaded.unreadable:
            continue
        directory = data.session(DEFAULT_WORKSPACE, session_id)
        commits, state = _session(directory, entry, problems)
        if state.deleted:
            trash.move_to_trash(data, DEFAULT_WORKSPACE, session_id, entry.end.n)
        else:
            sessions[session_id], records[session_id] = lines_of(commits), state.record
    _project(data, loaded, {one: loaded.entries[one] for one in sessions})
    return Found(
        sessions=sessions,
        records=records,
        shelved=_shelved(data, problems),
        open_requests=open_requests,
        claims=tuple(claim.path.name for claim in claims),
        problems=tuple(problems),
    )


def lines_of(commits: list[Commit]) -> tuple[Line, ...]:
    return tuple((commit.at, tuple(commit.events), commit.request) for commit in commits)


def _session(
    directory: Path, entry: catalog.CatalogEntry, problems: list[str]
) -> tuple[list[Commit], SessionState]:
    """As an actor opens it that wakes: the catalog must have said the same of it."""
    journal, commits = Journal.open(directory, entry.end.n)
    journal.close()
    state = folded(directory, commits)
    if state.record != entry.session or journal.end != entry.end:
        problems.append(f"{directory.name}: sessions.json says something else than its journal")
    for commit in commits:
        _require_attachments(directory, commit, problems)
    return commits, state


def _require_attachments(directory: Path, commit: Commit, problems: list[str]) -> None:
    for sha256 in attachments.named_by(commit.events):
        try:
            attachments.read(directory, sha256)
        except (FileRefused, OSError) as error:
            problems.append(f"{directory.name}, number {commit.n}: {error}")


def _requests(data: DataDir, problems: list[str]) -> dict[str, bytes | None]:
    """The answers of all requests that are not said to be published."""
    requests = RequestsJournal(data.requests)
    requests.load()
    requests.close()
    problems += requests.problems
    found: dict[str, bytes | None] = {}
    for request_id, request in requests.index.open.items():
        try:
            place = request.answer
            answer = None if place is None else requests.answer(place, request_id)
        except (StorageError, OSError) as error:
            problems.append(f"the answer of {request_id}: {error}")
        else:
            found[request_id] = answer
    return found


def _shelved(data: DataDir, problems: list[str]) -> dict[str, Shelf]:
    found = {}
    for item in trash.shelved(data):
        try:
            commits = log.read(item.directory).commits
        except StorageError as error:
            problems.append(f"trash/{item.name}: {error}")
        else:
            found[item.id] = Shelf(item.n, lines_of(commits))
    return found


def _project(
    data: DataDir, loaded: catalog.Catalog, entries: dict[str, catalog.CatalogEntry]
) -> None:
    """As the projector does soon after a start that found it behind."""
    if loaded.is_current and len(entries) == len(loaded.entries):
        return
    projecting.project(
        data,
        loaded.revision + 1,
        [(entry.session, entry.end) for entry in entries.values()],
        loaded.previous,
    )
