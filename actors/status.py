"""The whole of greenroom at one moment, in the shape of `status --json`.

Reads what others keep (the board, the sessions' records, files) and asks no session, so that it
answers also when one hangs.
"""

import importlib.metadata
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from msgspec import structs

from actors.decisions import budget_view, permission_asks
from actors.decisions.session_activity import activity_of, session_activity
from actors.git.looks import shown_of
from actors.messages.http import HttpPlace
from actors.messages.orphans import DescribeOrphans, OrphansDescription, TellUsage, Usage
from actors.messages.supervision import TreeNode
from actors.messages.terminals import Attached, DescribeHost, HostDescription
from actors.orphans.figures import figures, of_session, total, with_process
from actors.orphans.sweeper import SCAN_SECONDS
from actors.supervision import ActorDeadError, Board, Timeout, ask
from actors.surroundings import Surroundings
from actors.tools.servers_shown import servers_shown
from storage import refused_edits
from storage.records.session import Session
from storage.records.worker import Activity, AgentWorker, Worker

HOST_SECONDS = 2.0
USAGE_SECONDS = 2.0


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

    def make(self) -> dict[str, Any]:
        sessions = self._around.index.sessions()
        host = self._host()
        keeper_pid = self._keeper_pid()
        tree = self._board.tree()
        store = self._store()
        given_up = {each["session_id"] for each in store["quarantined"]}
        usage = self._usage(sessions)
        looks = self._around.looks.known(sessions)
        servers = servers_shown(
            self._around.shared_tools.boxes(),
            self._around.session_tools.copy(),
            {session.id: session.workspace for session in sessions},
        )
        return {
            "daemon": {
                "state": "running",
                "pid": os.getpid(),
                "version": version(),
                "started_at": self._started_at,
                "data": str(self._around.data.root),
            },
            "store": store,
            "tree": _shown(tree, {w.id: w.restarts for s in sessions for w in s.workers}),
            "sessions": [
                self._session(session, usage, host.attached, is_quarantined=session.id in given_up)
                | shown_of(session, looks[session.id])
                for session in sessions
            ],
            "inbox": self._inbox(),
            "permissions": permission_asks.listed(
                {session.id: session for session in sessions if session.id not in given_up},
                self._around.seconds_left(),
            ),
            "http": _http(self._around.http),
            "keeper": {"pid": keeper_pid} if keeper_pid else None,
            "terminal_host": {
                "pid": host.pid,
                "terminals": host.terminals,
                "problem": host.problem,
            },
            "orphans": self._orphans(),
            "usage": total(usage.values()),
            "mcp_servers": [with_process(server, usage) for server in servers],
            "workspaces": [
                {"name": name, "problem": found.in_words or None, "in_force": found.in_force}
                for name in self._around.data.workspace_names()
                for found in [self._around.workspaces.found(name)]
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

    def _usage(self, sessions: list[Session]) -> Mapping[str, Usage]:
        """By the keys of workers and MCP servers; nothing of a sweeper that does not answer."""
        keys = {f"{s.id}/{w.id}" for s in sessions for w in s.workers if w.process}
        told: Future[Mapping[str, Usage]] = Future()
        asked = TellUsage(frozenset(keys), told.set_result)
        if self._around.orphans.tell(asked):
            with suppress(TimeoutError):
                return told.result(USAGE_SECONDS)
        return {}

    def _session(
        self,
        session: Session,
        usage: Mapping[str, Usage],
        attached: Mapping[str, Attached],
        *,
        is_quarantined: bool,
    ) -> dict[str, Any]:
        known = self._around.activities
        activity = None if is_quarantined else session_activity(session, known)
        return {
            "id": session.id,
            "title": session.title,
            "type": type(session).__struct_config__.tag,
            "status": "quarantined" if is_quarantined else session.status,
            "desired": session.desired,
            "location_path": session.location_path,
            "parent_session_id": session.parent_session_id,
            "forked_from": session.forked_from,
            "open_requests": session.open_requests,
            "budget": self._budget(session),
            "usage": of_session(session.id, usage),
            "limits": self._limits(session, usage),
            "activity": activity,
            "waiting": [
                {"response_id": response_id, "until": turn.waits_until, "error": turn.error}
                for response_id, turn in self._around.written.waiting(session.id)
            ],
            "workers": [
                _worker(worker, usage.get(key), attached.get(key))
                | {"activity": _activity(session, worker, known)}
                for worker in session.workers
                for key in [f"{session.id}/{worker.id}"]
            ],
        }

    def _budget(self, session: Session) -> dict[str, Any] | None:
        shown = budget_view.shown(session, self._around.workspaces.settings(session.workspace))
        return shown if shown["limits"] else None

    def _limits(self, session: Session, usage: Mapping[str, Usage]) -> dict[str, Any] | None:
        """With how they are enforced, and why the kernel does not if it does not."""
        limits, groups = self._around.limits_of(session.id), self._around.groups
        if not limits:
            return None
        if groups.holds(session.id, limits, of_session(session.id, usage)["processes"]):
            return {**limits, "enforced": "by cgroup", "why": None}
        outside = "not all of its processes, or not all of its limits, are in its cgroup"
        why = groups.problem or outside
        return {**limits, "enforced": f"watched every {SCAN_SECONDS:g} s", "why": why}

    def _orphans(self) -> dict[str, Any]:
        ref = self._around.orphans.ref
        found: Any = None
        with suppress(ActorDeadError, Timeout):
            found = ask(ref, DescribeOrphans(), HOST_SECONDS) if ref is not None else None
        shown = found if isinstance(found, OrphansDescription) else OrphansDescription()
        return {"found": list(shown.found), "ended": list(shown.ended)}

    def _store(self) -> dict[str, Any]:
        now = self._around.store_state()
        return {
            "state": now.state,
            "problems": list(now.problems),
            "not_durable": [
                {"session_id": session_id, "reason": reason}
                for session_id, reason in sorted(self._around.index.not_durable.items())
            ],
            "quarantined": list(map(structs.asdict, now.quarantined)),
            "rejected_edits": refused_edits.recent(str(self._around.data.rejected), time.time()),
        }

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


def _http(place: HttpPlace) -> dict[str, Any]:
    problem = {"problem": place.problem} if place.problem else {}
    return {"url": place.url, "state": place.state, **problem}


def _activity(
    session: Session, worker: Worker, activities: Mapping[str, Activity]
) -> Activity | None:
    running = worker.status == "running"
    return activity_of(session, worker.id, activities) if running else None


def _worker(worker: Worker, used: Usage | None, attached: Attached | None) -> dict[str, Any]:
    return {
        "id": worker.id,
        "name": worker.name,
        "type": type(worker).__struct_config__.tag,
        "status": worker.status,
        "desired": worker.desired,
        "restarts": worker.restarts,
        "process": {
            "pid": worker.process.pid,
            **figures(used),
        }
        if worker.process
        else None,
        "writer": {"owner": attached.owner, "since": attached.since}
        if attached and attached.owner
        else None,
        "watchers": attached.watchers if attached else 0,
        "exit": worker.exit,
        "last_error": worker.last_error,
        "delivery": worker.delivery if isinstance(worker, AgentWorker) else None,
    }
