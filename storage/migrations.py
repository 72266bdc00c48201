"""PURE: sessions out of a `sessions.json` that agent-console wrote: an array, in three shapes.

Each entry is read by its own shape, so a file may mix them; one that cannot be read refuses the
whole file. Process ids are kept as evidence only, never as the identity of a process: every worker
comes as lost, and neither it nor its session is to run until somebody asks for it. What has no
place in a record stands under `migrated` in the session's metadata.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from storage import codec, typed
from storage.errors import FileRefused
from storage.records.ids import derived_id, is_id
from storage.records.process import ProcessExit
from storage.records.request import WorkerName
from storage.records.session import QuickSession, Session, WorktreeSession
from storage.records.worker import AgentWorker, TerminalWorker, Worker

QUICK_REPOSITORY = "default"
"""Sessions of no repository had this one."""
FORMER_AGENT = "claude"
"""The program of entries that name none; in its files it is called so:"""
FORMER_AGENT_IDS = frozenset({"claude-code-builtin", "claude-code"})
TITLE_LENGTH = 200

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Pid = Annotated[int, Meta(ge=1, le=2**31 - 1)] | None
_Time = str | int | float
_T = TypeVar("_T", bound="_Worktree | _Typed")


class _Worktree(Struct, frozen=True, rename="camel"):
    """The first shape, and with `server_pid` the second: one agent in each session."""

    id: str
    worktree_path: str
    repository_id: str
    created_at: _Time
    pid: _Pid = None
    server_pid: _Pid = None


class _Worker(Struct, frozen=True, rename="camel"):
    id: str
    type: Literal["agent", "terminal"]
    name: str
    created_at: _Time
    pid: _Pid = None
    agent_id: str | None = None


class _Typed(Struct, frozen=True, rename="camel"):
    """The third shape."""

    id: str
    type: Literal["worktree", "quick"]
    location_path: str
    created_at: _Time
    workers: tuple[_Worker, ...]
    repository_id: str | None = None
    worktree_id: str | None = None
    server_pid: _Pid = None


def migrate(document: object, workspace: str, at: datetime) -> tuple[Session, ...]:
    """The sessions of an old file, as they are to be created at `at`; always the same ids.

    FileRefused with a path such as `$[3].pid` if any of it is broken, or if there are none.
    """
    if not isinstance(document, list) or not document:
        raise FileRefused("no session stands here; an old file is an array of them", path="$")
    found: dict[str, Session] = {}
    for place, entry in enumerate(document):
        session = _session(entry, f"$[{place}]", workspace, at)
        if session.id in found:
            raise FileRefused(f"the id {session.id} stands there twice", path=f"$[{place}].id")
        found[session.id] = session
    return tuple(found.values())


def _session(entry: Any, path: str, workspace: str, at: datetime) -> Session:
    if not isinstance(entry, dict):
        raise FileRefused("a JSON object is wanted here", path=path)
    if "type" in entry or "workers" in entry or "locationPath" in entry:
        return _Old(entry, path, workspace, at).typed(_read(entry, _Typed, path))
    return _Old(entry, path, workspace, at).untyped(_read(entry, _Worktree, path))


def _read(entry: dict[str, Any], kind: type[_T], path: str) -> _T:
    try:
        read: _T = codec.convert(entry, kind)
    except FileRefused as problem:
        where = path + (problem.path or "$").removeprefix("$")
        raise FileRefused(str(problem), path=where) from problem
    return read


class _Old:
    """One entry. `migrated` grows while it is read: what has no place in a record."""

    def __init__(self, entry: dict[str, Any], path: str, workspace: str, at: datetime) -> None:
        compact = msgspec.json.encode(entry, order="deterministic")
        self._hash = hashlib.sha256(compact).hexdigest()
        self._has_server_pid = "serverPid" in entry
        self._path = path
        self._workspace = workspace
        self._at = at
        self._migrated: dict[str, Any] = {}

    def untyped(self, old: _Worktree) -> Session:
        created = _time(old.created_at, f"{self._path}.createdAt")
        _require_absolute(old.worktree_path, f"{self._path}.worktreePath")
        worker = self._agent(self._id("", 1), "agent-1", created, old.pid, None)
        self._keep(
            format=2 if self._has_server_pid else 1,
            pid=old.pid,
            server_pid=old.server_pid,
            repository_id=old.repository_id,
        )
        is_quick = old.repository_id == QUICK_REPOSITORY
        repository = None if is_quick else old.repository_id
        return self._whole(old.id, old.worktree_path, created, (worker,), repository)

    def typed(self, old: _Typed) -> Session:
        is_quick = old.type == "quick" or old.repository_id == QUICK_REPOSITORY
        if not is_quick and old.repository_id is None:
            text = "a session in a worktree has a repositoryId"
            raise FileRefused(text, path=f"{self._path}.repositoryId")
        created = _time(old.created_at, f"{self._path}.createdAt")
        _require_absolute(old.location_path, f"{self._path}.locationPath")
        workers = self._workers(old.workers)
        self._keep(
            format=3,
            server_pid=old.server_pid,
            repository_id=old.repository_id,
            worktree_id=old.worktree_id,
            workers={
                worker.id: _known(
                    pid=was.pid,
                    agent_id=was.agent_id,
                    name=was.name if was.name != worker.name else None,
                    id=was.id if was.id != worker.id else None,
                )
                for worker, was in zip(workers, old.workers, strict=True)
            },
        )
        repository = None if is_quick else old.repository_id
        return self._whole(old.id, old.location_path, created, workers, repository)

    def _workers(self, old: tuple[_Worker, ...]) -> tuple[Worker, ...]:
        found: dict[str, Worker] = {}
        for place, was in enumerate(old):
            path = f"{self._path}.workers[{place}]"
            worker_id = self._id(was.id, place + 1)
            if worker_id in found:
                raise FileRefused(f"the id {was.id} stands there twice", path=f"{path}.id")
            name = _name(was, place, {worker.name for worker in found.values()}, old)
            created = _time(was.created_at, f"{path}.createdAt")
            make = self._agent if was.type == "agent" else self._terminal
            found[worker_id] = make(worker_id, name, created, was.pid, was.agent_id)
        return tuple(found.values())

    def _id(self, old_id: str, position: int) -> str:
        """The old one where it can be one of ours. Position 0 is the session itself."""
        return old_id if is_id(old_id) else derived_id(self._hash, position)

    def _agent(
        self, worker_id: str, name: str, created: datetime, pid: int | None, agent: str | None
    ) -> Worker:
        named = FORMER_AGENT if agent is None or agent in FORMER_AGENT_IDS else agent
        return AgentWorker(agent=named, begun=True, **self._lost(worker_id, name, created, pid))

    def _terminal(
        self, worker_id: str, name: str, created: datetime, pid: int | None, _: str | None
    ) -> Worker:
        return TerminalWorker(**self._lost(worker_id, name, created, pid))

    def _lost(
        self, worker_id: str, name: str, created: datetime, pid: int | None
    ) -> dict[str, Any]:
        was = f"was process {pid}" if pid else "had no process"
        return {
            "id": worker_id,
            "name": name,
            "desired": "stopped",
            "status": "lost",
            "exit": ProcessExit(at=self._at, cause="lost"),
            "last_error": f"taken over from agent-console, where it {was}; it was not started here",
            "created_at": created,
        }

    def _keep(self, **evidence: Any) -> None:
        self._migrated |= _known(**evidence)

    def _whole(
        self,
        old_id: str,
        location: str,
        created: datetime,
        workers: tuple[Worker, ...],
        repository: str | None,
    ) -> Session:
        if not is_id(old_id):
            self._keep(id=old_id)
        fields: dict[str, Any] = {
            "id": self._id(old_id, 0),
            "title": (location.rstrip("/").rpartition("/")[2] or "/")[:TITLE_LENGTH],
            "location_path": location,
            "workspace": self._workspace,
            "status": "inactive",
            "desired": "stopped",
            "workers": workers,
            "created_at": created,
            "updated_at": self._at,
            "metadata": {"migrated": self._migrated},
        }
        if repository is None:
            return QuickSession(**fields)
        return WorktreeSession(**fields, repository=repository, worktree_path=location)


def _known(**evidence: Any) -> dict[str, Any]:
    return {name: value for name, value in evidence.items() if value is not None}


def _name(was: _Worker, place: int, taken: set[str], old: tuple[_Worker, ...]) -> str:
    """The old name where it can be one of ours and is free, else a new one that none has."""
    if was.name not in taken and _can_be_name(was.name):
        return was.name
    number = place + 1
    names = taken | {other.name for other in old}
    while f"{was.type}-{number}" in names:
        number += 1
    return f"{was.type}-{number}"


def _can_be_name(name: str) -> bool:
    try:
        typed.convert(name, WorkerName)
    except msgspec.ValidationError:
        return False
    return True


def _require_absolute(location: str, path: str) -> None:
    if not location.startswith("/") or "\0" in location:
        raise FileRefused("an absolute path is wanted here", path=path)


def _time(text: _Time, path: str) -> datetime:
    """From ISO 8601 (UTC where it names no zone), or milliseconds since 1970."""
    try:
        if not isinstance(text, str):
            return _EPOCH + timedelta(milliseconds=text)
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        reason = "a time is wanted here, as 2025-12-01T09:30:00.000Z or milliseconds since 1970"
        raise FileRefused(reason, path=path) from problem
