"""The whole of greenroom at one moment, in the shape of `status --json`.

Reads what others keep (the board, the sessions' records, files) and asks no session, so that it
answers also when one hangs.
"""

import importlib.metadata
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from actors.adapters.process_usage import Usage, UsageMeter
from actors.decisions.workers import activity_of
from actors.messages.supervision import TreeNode
from actors.messages.terminals import DescribeHost, HostDescription
from actors.supervision import ActorDeadError, Board, Timeout, ask
from actors.surroundings import Surroundings
from storage import codec
from storage.errors import FileRefused
from storage.records.session import Session
from storage.records.worker import Worker

HOST_SECONDS = 2.0
RECENT_SECONDS = 86_400.0
"""Refused edits are shown for a day."""


def version() -> str:
    """Of the installed distribution, or of the checkout that runs without one."""
    try:
        return importlib.metadata.version("greenroom")
    except importlib.metadata.PackageNotFoundError:
        return "0.1.0"


class StatusReport:
    """`make` may be called from any thread but an actor's.

    `keeper_pid` gives the keeper's process id while that lives, else None.
    """

    def __init__(
        self, around: Surroundings, board: Board, keeper_pid: Callable[[], int | None]
    ) -> None:
        self._around = around
        self._board = board
        self._keeper_pid = keeper_pid
        self._started_at = around.clock.now()
        self._meter = UsageMeter()

    def make(self) -> dict[str, Any]:
        sessions = self._around.index.sessions()
        host = self._host()
        keeper_pid = self._keeper_pid()
        usage = self._meter.look(w.process.pid for s in sessions for w in s.workers if w.process)
        tree = self._board.tree()
        return {
            "daemon": {
                "state": "running",
                "pid": os.getpid(),
                "version": version(),
                "started_at": self._started_at,
                "data": str(self._around.data.root),
            },
            "store": self._store(tree),
            "tree": _shown(tree, {w.id: w.restarts for s in sessions for w in s.workers}),
            "sessions": [_session(session, usage) for session in sessions],
            "inbox": self._inbox(),
            "permissions": [],
            "http": {"url": None, "state": "stopped"},
            "keeper": {"pid": keeper_pid} if keeper_pid else None,
            "terminal_host": {"pid": host.pid, "terminals": host.terminals},
            "workspaces": [
                {"name": name, "problem": self._around.workspaces.problem(name)}
                for name in self._around.data.workspace_names()
            ],
        }

    def _host(self) -> HostDescription:
        ref = self._around.terminals.ref
        try:
            if ref is not None:
                found = ask(ref, DescribeHost(), HOST_SECONDS)
                if isinstance(found, HostDescription):
                    return found
        except (ActorDeadError, Timeout):
            pass
        return HostDescription(None, 0)

    def _store(self, tree: TreeNode) -> dict[str, Any]:
        refusing = self._around.health.problem
        problems = [*([str(refusing)] if refusing else []), *self._around.index.problems()]
        reasons = {**_failed_sessions(tree), **self._around.index.unreadable}
        return {
            "state": "degraded" if problems else "ok",
            "problems": problems,
            "not_durable": [
                {"session_id": session_id, "reason": reason}
                for session_id, reason in sorted(self._around.index.not_durable.items())
            ],
            "quarantined": [
                {"session_id": session_id, "reason": reason}
                for session_id, reason in sorted(reasons.items())
            ],
            "rejected_edits": list(self._rejected_edits()),
        }

    def _rejected_edits(self) -> Iterator[dict[str, Any]]:
        rejected = self._around.data.rejected
        for why in sorted(rejected.glob("sessions*.json.why.json")):
            try:
                changed = why.stat().st_mtime
                told = codec.decode(why.read_bytes(), dict[str, Any])
            except (OSError, FileRefused):
                continue
            if time.time() - changed < RECENT_SECONDS:
                kept = str(why).removesuffix(".why.json")
                yield {"at": _iso(changed), "path": kept, "reason": _reason(told)}

    def _inbox(self) -> dict[str, Any]:
        counts = self._around.inbox_counts
        return {
            "waiting": counts.waiting,
            "running": counts.running,
            "answered": counts.answered,
            "rejected": counts.rejected,
            "ignored": counts.ignored,
            "problems": list(counts.problems),
        }


def _reason(told: Mapping[str, Any]) -> str:
    """With the line that is wrong, as far as it is one."""
    place = [f"line {told['line']}"] if told.get("line") else []
    place += [str(told["path"])] if told.get("path") else []
    return ": ".join([*([", ".join(place)] if place else []), str(told.get("reason"))])


def _iso(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _failed_sessions(tree: TreeNode) -> dict[str, str]:
    sessions = next((node for node in tree.children if node.name == "sessions"), None)
    return {
        node.name: node.last_error or "it failed too often"
        for node in (sessions.children if sessions else ())
        if node.state == "quarantined"
    }


def _shown(node: TreeNode, restarts: Mapping[str, int]) -> dict[str, Any]:
    """A worker's restarts are those of its record, which outlives the daemon."""
    return {
        "name": node.name,
        "kind": node.kind,
        "state": node.state,
        "restarts": restarts.get(node.name, node.restarts),
        "last_error": node.last_error,
        "since": node.since,
        "children": [_shown(child, restarts) for child in node.children],
    }


def _session(session: Session, usage: Mapping[int, Usage]) -> dict[str, Any]:
    return {
        "id": session.id,
        "title": session.title,
        "type": type(session).__struct_config__.tag,
        "status": session.status,
        "desired": session.desired,
        "location_path": session.location_path,
        "open_requests": session.open_requests,
        "workers": [_worker(session, worker, usage) for worker in session.workers],
    }


def _worker(session: Session, worker: Worker, usage: Mapping[int, Usage]) -> dict[str, Any]:
    used = usage.get(worker.process.pid, Usage(0, 0.0)) if worker.process else None
    return {
        "id": worker.id,
        "name": worker.name,
        "type": type(worker).__struct_config__.tag,
        "status": worker.status,
        "desired": worker.desired,
        "restarts": worker.restarts,
        "process": {
            "pid": worker.process.pid,
            "memory_bytes": used.memory_bytes,
            "cpu_percent": used.cpu_percent,
        }
        if worker.process and used
        else None,
        "exit": worker.exit,
        "last_error": worker.last_error,
        "activity": activity_of(session, worker.id) if worker.status == "running" else None,
    }
