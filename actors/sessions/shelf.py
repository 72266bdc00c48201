"""Deleted sessions and those from elsewhere: what lies in the trash, restore, purge, import.

Part of the directory, which hands it the requests. Files are worked on by the recorder's pool, so
that no actor waits; a session joins the others only when all of it stands in its place. One that
came back stays stopped until somebody starts it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.git.remake import CannotRemake
from actors.git.scratch import clear_left
from actors.messages.recording import Published
from actors.messages.session import Dispatch, Disposed, Reply
from actors.messages.shelf import TakenIn
from actors.sessions.flights import answered_alone
from actors.sessions.owed import refused
from actors.sessions.shelved_worktrees import RestoredWorktree, kept_in_git, undo_half_restored
from storage import codec, imported, restoring, staging, trash
from storage.data_dir import is_workspace_name
from storage.errors import FileRefused, JournalCorrupt, JournalMissing, JournalTooNew, StorageError
from storage.journal import find
from storage.journal.frame import JournalEnd
from storage.records import request as r
from storage.records.event import SessionRestored
from storage.records.session import Session

if TYPE_CHECKING:
    from actors.sessions.directory import Directory

_log = logging.getLogger(__name__)

_ANSWERED = (r.ListTrash, r.RestoreSession, r.PurgeSession, r.ImportSession)
_DAMAGED = (JournalCorrupt, JournalMissing, JournalTooNew)
_GONE = "it was restored or purged just now; see: greenroom trash"


class Shelf:
    """`answers`, `answer`, `take_in` and `started` are for the directory's thread."""

    def __init__(self, directory: "Directory") -> None:
        self._directory = directory
        self._around = directory.around
        self._data = directory.around.data
        self._brought_back: dict[str, int] = {}
        self._lock = threading.Lock()
        self._imports: deque[tuple[Dispatch, datetime]] = deque()

    def started(self) -> None:
        """What a crash left half purged, half imported or half restored goes, and what git left."""
        around = self._around
        around.recording.pool.submit(self._sweep)
        around.recording.outside.submit(clear_left)
        around.recording.outside.submit(undo_half_restored, self._data, around.environ)

    def answers(self, request: object) -> bool:
        return isinstance(request, _ANSWERED)

    def answer(self, asked: Dispatch) -> None:
        work = {
            r.ListTrash: self._list,
            r.RestoreSession: self._restore,
            r.PurgeSession: self._purge,
            r.ImportSession: self._import,
        }[type(asked.request)]
        now = self._directory.context.clock.now()
        recording = self._around.recording
        runs_git = isinstance(asked.request, r.RestoreSession | r.PurgeSession)
        threads = recording.outside if runs_git else recording.pool
        threads.submit(self._answered, work, asked, now)

    def take_in(self, message: TakenIn) -> None:
        """From now on everybody sees it. What was open in it is cut off, and nothing starts."""
        session = message.session
        refusal = self._directory.take_in(session, message.end)
        if refusal:
            message.reply.send(refusal)
            return
        self._around.broadcaster.publish(
            Published(session.id, message.end.n, message.at, (message.event,), session)
        )
        message.reply.send(taken_in(session))

    def dropped(self, message: TakenIn) -> None:
        """The directory ends; the next one finds the session where it stands."""
        message.reply.send(taken_in(message.session))

    def is_back(self, disposed: Disposed) -> bool:
        """Whether it was restored since: the news of its deletion is older. From any thread."""
        return 0 < disposed.end.n < self._brought_back.get(disposed.session_id, 0)

    # On the pool.

    def _answered(
        self, work: Callable[[Dispatch, datetime], object], asked: Dispatch, now: datetime
    ) -> None:
        with answered_alone(asked):
            try:
                work(asked, now)
            except (StorageError, OSError) as error:
                asked.reply.send(_refusal(error))

    def _cannot_write(self) -> r.Refusal | None:
        """Room that was made for what ends things is not for what comes back."""
        problem = self._around.health.problem
        return refused(problem) if problem else None

    def _list(self, asked: Dispatch, _: datetime) -> None:
        asked.reply.send({"sessions": trash.listing(self._data)})

    def _restore(self, asked: Dispatch, now: datetime) -> None:
        request = _typed(asked.request, r.RestoreSession)
        item = trash.find(self._data, request.session)
        if isinstance(item, r.Refusal):
            self._answer_again(asked, item)
            return
        refusal = self._cannot_write()
        if refusal:
            asked.reply.send(refusal)
            return
        self._brought_back[item.id] = item.n + 1
        worktree = RestoredWorktree(item, self._around.environ)
        try:
            session, end = trash.restore(self._data, item, now, _own_id(asked), worktree.make_again)
        except CannotRemake as error:
            asked.reply.send(r.Refusal(code="worktree-not-restored", message=str(error)))
        except _DAMAGED as error:
            asked.reply.send(_damaged(item, error))
        except FileNotFoundError:
            asked.reply.send(_gone(item))
        else:
            worktree.is_back()
            self._tell(session, end, SessionRestored("trash"), now, worktree.told_with(asked.reply))

    def _purge(self, asked: Dispatch, now: datetime) -> None:
        request = _typed(asked.request, r.PurgeSession)
        doomed = self._doomed(request, now)
        if isinstance(doomed, r.Refusal):
            done = asked.again and doomed.code == "session-not-found"
            asked.reply.send({"purged": [], "bytes": 0} if done else doomed)
            return
        self._leave_out(doomed)
        purged: list[dict[str, str]] = []
        freed = 0
        for item in doomed:
            size = trash.size_of(item.directory)
            left = kept_in_git(item)
            try:
                trash.purge(item)
            except FileNotFoundError:  # somebody else was faster
                if request.session is None:
                    continue
                asked.reply.send(_gone(item))
                return
            except (StorageError, OSError) as error:
                text = f"{item.name} could not be purged: {error}; do it again"
                told = {"purged": purged, "bytes": freed}
                asked.reply.send(r.Refusal(code="storage-failed", message=text, data=told))
                return
            purged.append({"id": item.id, "name": item.name, "workspace": item.workspace})
            freed += size
            left.forget(self._around.environ)
            with suppress(StorageError):  # the next start takes the mark away
                restoring.end(item)
        self._leave_out(doomed)  # there may have been no room for it before
        asked.reply.send({"purged": purged, "bytes": freed})

    def _leave_out(self, doomed: list[trash.Shelved]) -> None:
        """First they go from `sessions.json`: a start that finds them there alone takes alarm."""
        projectors = self._around.index.projectors
        for workspace in {item.workspace for item in doomed} & projectors.keys():
            ids = {item.id for item in doomed if item.workspace == workspace}
            projectors[workspace].leave_out(ids)

    def _doomed(self, request: r.PurgeSession, now: datetime) -> list[trash.Shelved] | r.Refusal:
        named = [request.session is not None, request.older_than_days is not None, request.all]
        if sum(named) != 1:
            text = "name one of session, older_than_days and all; nothing was purged"
            return r.Refusal(code="bad-request", message=text, path="$")
        if request.session is not None:
            found = trash.find(self._data, request.session)
            return found if isinstance(found, r.Refusal) else [found]
        if request.all:
            return trash.shelved(self._data)
        before = now - timedelta(days=request.older_than_days or 0)
        entries = {entry.name for entry in trash.listing(self._data) if entry.deleted_at <= before}
        return [item for item in trash.shelved(self._data) if item.name in entries]

    def _import(self, asked: Dispatch, now: datetime) -> None:
        """One at a time, so that two of the same session see each other; nobody waits for it."""
        with self._lock:
            self._imports.append((asked, now))
            if len(self._imports) > 1:
                return
        while True:
            with answered_alone(self._imports[0][0]):
                self._import_one(*self._imports[0])
            with self._lock:
                self._imports.popleft()
                if not self._imports:
                    return

    def _import_one(self, asked: Dispatch, now: datetime) -> None:
        request = _typed(asked.request, r.ImportSession)
        refusal = _cannot_import(request) or self._cannot_write()
        if refusal:
            asked.reply.send(refusal)
            return
        try:
            session, end = imported.bring_in(
                self._data, Path(request.path), request.workspace, now, _own_id(asked)
            )
        except trash.SessionExists as error:
            self._answer_again(asked, _refusal(error), error.session_id)
        except _DAMAGED as error:
            text = f"{request.path}: the journal in it cannot be used: {error}"
            asked.reply.send(r.Refusal(code="bad-file", message=text, path="$.path"))
        except FileRefused as error:
            text = f"{request.path}: {error}; nothing was imported"
            asked.reply.send(r.Refusal(code=error.code, message=text, path="$.path"))
        except (StorageError, OSError) as error:
            asked.reply.send(_refusal(error))
        else:
            self._tell(session, end, SessionRestored("import"), now, asked.reply)

    def _answer_again(
        self, asked: Dispatch, refusal: r.Refusal, session_id: str | None = None
    ) -> None:
        """The answer to what this very request did before a crash; the refusal if it did not."""
        for entry in list(self._directory.entries.values()) if asked.again else ():
            session = entry.session
            if session_id in {None, session.id} and asked.request_id is not None:
                place = self._data.session(session.workspace, session.id)
                if find.holds(place, asked.request_id):
                    asked.reply.send(taken_in(session))
                    return
        asked.reply.send(refusal)

    def _tell(
        self, session: Session, end: JournalEnd, event: SessionRestored, at: datetime, reply: Reply
    ) -> None:
        """The directory takes it in; one that is just being started finds it by itself."""
        if not self._around.directory.tell(TakenIn(session, end, event, at, reply)):
            reply.send(taken_in(session))

    def _sweep(self) -> None:
        for find_them in (trash.half_purged, staging.half_made):
            try:
                for path in find_them(self._data):
                    trash.remove(path)
            except (StorageError, OSError) as error:
                _log.warning("what a crash left could not be removed: %s", error)


def _typed(request: Any, kind: type[Any]) -> Any:
    assert isinstance(request, kind)
    return request


def _own_id(asked: Dispatch) -> str | None:
    """Only an id that no other request has says later that this one was done."""
    return asked.request_id if asked.once else None


def _gone(item: trash.Shelved) -> r.Refusal:
    text = f"Session not found with ID: {item.name} ({_GONE})"
    return r.Refusal(code="session-not-found", message=text)


def _cannot_import(request: r.ImportSession) -> r.Refusal | None:
    if not request.path.startswith("/") or "\0" in request.path:
        text = f"{request.path[:300]!r} is not an absolute path"
        return r.Refusal(code="bad-request", message=text, path="$.path")
    if request.workspace is not None and not is_workspace_name(request.workspace):
        text = f"{request.workspace[:80]!r} cannot be the name of a workspace"
        return r.Refusal(code="workspace-not-found", message=text, path="$.workspace")
    return None


def _damaged(item: trash.Shelved, error: Exception) -> r.Refusal:
    text = f"{item.name} stays in the trash, for its journal cannot be used: {error}"
    if isinstance(error, JournalCorrupt):
        text = f"{text.rstrip('.')}. What is whole of it shows: greenroom salvage {item.name}"
    return r.Refusal(code="session-quarantined", message=text)


def _refusal(error: Exception) -> r.Refusal:
    code = error.code if isinstance(error, StorageError) else "storage-failed"
    return r.Refusal(code=code, message=str(error))


def taken_in(session: Session) -> dict[str, Any]:
    """The record, and whether its directory is there on this machine."""
    exists = Path(session.location_path).is_dir()
    return {**codec.builtins(session), "location_exists": exists}
