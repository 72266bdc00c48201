"""Makes a session that begins as another one did: the first lines of its journal, and one more.

Reads the other's files and changes none of them. The last line says what the new session is, and
whence; so everything that reads journals reads a fork as it reads any other.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from storage import as_of, attachments, durable, staging
from storage.data_dir import DataDir
from storage.journal import anew, log
from storage.journal.frame import Commit, Header, JournalEnd
from storage.records import event as e
from storage.records.budget import Spending
from storage.records.config import TokenMetrics
from storage.records.session import ForkedFrom, QuickSession, Session, WorktreeSession
from storage.records.worker import ConversationWorker
from storage.replay import folded
from storage.state import SessionState

TITLE_LIMIT = 200
_TITLE = "fork of "


class Beginning(Struct, frozen=True):
    """What a fork has of its origin: the lines up to the last round that ended, or to what was said
    after it. `origin`: the record at the number that was asked for, `asked`, which may be later;
    `is_under_way`: a round was then.
    """

    directory: Path
    commits: list[Commit]
    state: SessionState
    origin: Session
    asked: int
    is_under_way: bool

    @property
    def n(self) -> int:
        return self.commits[-1].n


class Forked(Struct, frozen=True):
    """A fork as it stands among the sessions: its record, its journal's end and its own event."""

    session: Session
    end: JournalEnd
    event: e.SessionForked


def beginning(
    directory: Path, session_id: str, at: int | None = None, last: int | None = None
) -> Beginning:
    """Of the session in `directory` at number `at`, else at its end. `last`: what is above is
    nobody's yet.

    NumberNotFound, JournalMissing, JournalCorrupt (and its kind), StorageError, OSError.
    """
    found = log.read(directory)
    end = last if last is not None else found.end.n + bool(found.fault)
    known = as_of.commits_to(found, directory, session_id, end if at is None else at, last)
    commits = known[: _last_word(known)]
    state = folded(directory, commits)
    then = state if len(commits) == len(known) else folded(directory, known)
    is_under_way = then.running is not None
    return Beginning(directory, commits, state, then.record, known[-1].n, is_under_way)


def record_of(
    of: Beginning,
    session_id: str,
    worker_id: str,
    at: datetime,
    *,
    title: str,
    place: Mapping[str, Any] | None = None,
    tree_n: int | None = None,
    files: Literal["now", "mid-round"] | None = None,
) -> Session:
    """What the fork is: settings as they were, nothing that runs, is open or was spent.

    `place`: the fields that a worktree session has besides, when it gets a worktree of its own;
    `tree_n` and `files` are as in ForkedFrom.
    """
    origin = of.origin
    talker = next((each for each in origin.workers if isinstance(each, ConversationWorker)), None)
    own = talker and ConversationWorker(
        id=worker_id, name=talker.name, status="running", created_at=at
    )
    fields: dict[str, Any] = {
        "id": session_id,
        "title": title,
        "location_path": origin.location_path,
        "workspace": origin.workspace,
        "config": origin.config,
        "metadata": origin.metadata,
        "metrics": TokenMetrics(
            context_utilization=of.state.record.metrics.context_utilization,
            max_context_window=of.state.record.metrics.max_context_window,
        ),
        "workers": (own,) if own else (),
        "parent_session_id": origin.parent_session_id,
        "ancestors": origin.ancestors,
        "spending": Spending(),
        "forked_from": ForkedFrom(session_id=origin.id, n=of.n, tree_n=tree_n, files=files),
        "created_at": at,
        "updated_at": at,
    }
    if place:
        return WorktreeSession(**{**fields, **place})
    return QuickSession(**fields)


def title_of(origin: Session) -> str:
    """Of a fork that is given none; one of a fork is not told from its siblings by it."""
    return (_TITLE + origin.title.removeprefix(_TITLE))[:TITLE_LIMIT]


def put(
    data: DataDir, of: Beginning, session: Session, at: datetime, request: str | None = None
) -> Forked:
    """The fork among the sessions of its workspace, durably, with the attachments that it names.

    `request`: the id of what asked for it.

    A crash before the last step leaves no session. SessionExists, StorageError, OSError.
    """
    event = e.SessionForked(session)
    last = Commit(n=of.n + 1, synced=of.n, prev="", at=at, request=request, events=(event,))
    data.prepare_workspace(session.workspace)
    staged = data.workspace(session.workspace) / f"{staging.FORKING}{session.id}"
    with staging.staging(staged, session.id):
        _copy_attachments(of, staged)
        commits = [*_under(session.id, of.commits), last]
        end = _write_journal(staged, session, at, commits)
        record = folded(staged, commits).record
        staging.put_in_place(staged, data.session(session.workspace, session.id))
    return Forked(record, end, event)


def _last_word(commits: Iterable[Commit]) -> int:
    """The last number that ended a round, or changed a message, while no other was under way.

    A line that ends a round can begin the next one, too: that one is left out by the fold.
    """
    running: set[str] = set()
    found = 1
    for commit in commits:
        begun: set[str] = set()
        ended = said = False
        for event in commit.events:
            match event:
                case e.TurnStarted():
                    begun |= {event.response_id} - running
                case e.RequestCompleted():
                    ended = True
                    running.discard(event.response_id)
                    begun.discard(event.response_id)
                case e.SessionForked():
                    running.clear()
                case e.MessageAdded() | e.MessageUpdated():
                    said = True
        if not running and (ended or (said and not begun)):
            found = commit.n
        running |= begun
    return found


def _under(session_id: str, commits: Iterable[Commit]) -> Iterator[Commit]:
    """The lines as those of the fork. Ids of requests stay behind: they were not made of it."""
    for commit in commits:
        events = tuple(_own(event, session_id) for event in commit.events)
        yield replace(commit, request=None, events=events)


def _own(event: e.AnyEvent, session_id: str) -> Any:
    if isinstance(event, e.SessionCreated | e.SessionForked):
        return replace(event, session=replace(event.session, id=session_id))
    return event


def _copy_attachments(of: Beginning, staged: Path) -> None:
    """By a second name for the same file, which nobody ever writes again; else by a copy."""
    names = attachments.named_by(event for commit in of.commits for event in commit.events)
    if not names:
        return
    target = staged / attachments.NAME
    with durable.named_failures(target):
        durable.make_directory(target)
        for name in sorted(names):
            if attachments.is_there(of.directory, name):
                _link(of.directory / attachments.NAME / name, target / name)
        durable.sync_directory(target)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # a file system without them, or with too many for this one
        with suppress(FileNotFoundError):
            durable.write_new(target, source.read_bytes())


def _write_journal(
    staged: Path, session: Session, at: datetime, commits: Iterable[Commit]
) -> JournalEnd:
    header = Header(session=session.id, workspace=session.workspace, at=at)
    path = staged / log.NAME
    with durable.named_failures(path):
        descriptor = durable.create(path)
        try:
            end = anew.write(descriptor, header, commits)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        durable.sync_directory(staged)
    return end
