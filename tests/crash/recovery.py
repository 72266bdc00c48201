"""The real start on a data directory, as far as it concerns the disk, and what it found.

The same steps as at boot, without what starts processes: layout, requests journal, claims, every
session, deletions and purges that were under way, `sessions.json`.
"""

from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from storage import (
    attachments,
    catalog,
    codec,
    request_claims,
    staging,
    trash,
)
from storage.data_dir import DEFAULT_WORKSPACE, DataDir
from storage.edit_claims import DIRECTORY, claims
from storage.errors import FileRefused, StorageError
from storage.journal import log
from storage.journal.frame import Commit
from storage.journal.log import Journal
from storage.records.session import Session
from storage.replay import folded
from storage.requests_journal import RequestsJournal
from storage.revisions import NAME, Revisions
from storage.state import SessionState
from tests.crash import projecting
from tests.crash.marks import Line

DAYS = "requests/"
"""Before the day, what a requests journal is called here."""


class Shelf(Struct, frozen=True):
    """A session in the trash: the number in its name, and its journal."""

    n: int
    lines: tuple[Line, ...]


class _Shown(Struct, frozen=True):
    revision: int
    digest: str


class Found(Struct, frozen=True):
    """By session id: the journal and the record of each that is there, and those in the trash.

    `days`: the requests journals, as `requests/<day>`. `open_requests`: by request id the answer of
    each that was not said to be published, None while it has none. `problems` in words.
    """

    sessions: dict[str, tuple[Line, ...]] = {}
    records: dict[str, Session] = {}
    shelved: dict[str, Shelf] = {}
    days: dict[str, tuple[Line, ...]] = {}
    open_requests: dict[str, bytes | None] = {}
    claims: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def recover(root: Path) -> Found:
    """Everything that is wrong is in `problems`."""
    data = DataDir(root)
    problems: list[str] = []
    data.prepare()
    open_requests = _requests(data, problems)
    taken = request_claims.claimed(data.inbox)
    for path in [*trash.half_purged(data), *staging.half_made(data)]:
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
    _require_revisions(data, problems)
    return Found(
        sessions=sessions,
        records=records,
        shelved=_shelved(data),
        days=_days(data, problems),
        open_requests=open_requests,
        claims=tuple(claim.path.name for claim in taken),
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


def _days(data: DataDir, problems: list[str]) -> dict[str, tuple[Line, ...]]:
    found = {}
    for path in sorted(data.requests.glob("*.jsonl")):
        try:
            found[f"{DAYS}{path.stem}"] = lines_of(log.read_at(path).commits)
        except StorageError as error:
            problems.append(f"{path.name}: {error}")
    return found


def _shelved(data: DataDir) -> dict[str, Shelf]:
    """One whose journal cannot be read has no lines."""
    found = {}
    for item in trash.shelved(data):
        lines: tuple[Line, ...] = ()
        with suppress(StorageError):
            lines = lines_of(log.read(item.directory).commits)
        found[item.id] = Shelf(item.n, lines)
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
        None,
    )


def _require_revisions(data: DataDir, problems: list[str]) -> None:
    """What a file starts from is known, ours or one that was saved by hand: else it is no use."""
    path = data.sessions_file(DEFAULT_WORKSPACE)
    revisions = Revisions(path.with_name(NAME))
    for one in [path, *(claim.path for claim in claims(path.parent / DIRECTORY))]:
        with suppress(FileRefused):
            shown = codec.decode(one.read_bytes(), _Shown)
            if revisions.find(shown.revision, shown.digest) is None:
                problems.append(f"{one.name}: nobody knows what stood in revision {shown.revision}")
