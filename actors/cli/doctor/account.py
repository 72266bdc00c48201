"""Whose every process of ours is, by a look of our own at the machine; a daemon is not needed.

Looks at all processes, the process sessions they are in, terminal hosts, control groups, locks, and
who holds files of the data directory open. Whose a process is stands in `decisions/left_over`; what
the records say comes in the shape of `status`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from actors.cli.processes import pids_of
from actors.control_groups import ControlGroups
from actors.decisions import left_over
from actors.decisions.left_over import Known, KnownWorker, identity
from actors.messages.orphans import Judged, Marks, Owner, Process, owner_of
from actors.orphans import seen, snapshot
from actors.process_table import look_up, open_files
from actors.terminals.host_files import recorded_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage.data_dir import DataDir

Json = dict[str, Any]

ROLES = ("daemon", "keeper", "terminal-host")


class Holder(NamedTuple):
    """A process that is none of ours and holds a file of the data directory open."""

    pid: int
    path: str


class Account(NamedTuple):
    """`looked_at`: how many of what. `owned`: by key of the worker or tool server. `left`: those
    that nobody claims. `hosts`: terminal hosts beside the one on record.
    """

    looked_at: dict[str, int]
    owned: dict[str, list[Process]]
    left: list[Judged]
    hosts: list[int]
    holders: list[Holder]


def take(data: DataDir, status: Json) -> Account:
    """`status`: of the daemon, or what the files say without one."""
    root = str(data.root)
    processes = snapshot.all_marked(root)
    own = {role: pids_of(role, root) for role in ROLES}
    lockers = {path: locked_by(path) for path in (data.root, data.workspaces)}
    host = recorded_host(data.root)
    groups = ControlGroups.here(data.root, data.instance)
    groups.find()
    inside = groups.members()
    known = _known(data, status, processes, host.pid if host else None, lockers[data.root])
    known = replace(known, seen={**_in_groups(processes, inside, known), **known.seen})
    owned = _owned(processes, known)
    ours = {each.pid for members in owned.values() for each in members}
    judged = left_over.judge(processes, known)
    left = [each for each in judged if _is_there(each.process)]
    named = {known.me, os.getpid(), *(pid for pids in own.values() for pid in pids)}
    holders, logs = _files(data, ours | named | {each.process.pid for each in left})
    marked = [p for p in processes if p.marks and p.marks.instance == data.instance]
    counts = {
        "processes": len(processes),
        "marked": len(marked),
        "process_sessions": len({p.session for p in processes if p.pid in ours}),
        "terminal_hosts": len(own["terminal-host"]),
        "control_groups": groups.count(),
        "tool_server_logs": logs,
        "locks": sum(map(bool, lockers.values())),
    }
    second = [pid for pid in own["terminal-host"] if host is None or pid != host.pid]
    return Account(counts, owned, left, second, holders)


def locked_by(path: Path) -> list[int]:
    """The processes that hold a lock on it, as far as the system tells."""
    try:
        status = path.stat()
        lines = Path("/proc/locks").read_text("ascii", "replace").splitlines()
    except OSError:
        return []
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    rows = (line.split() for line in lines if f" {device} " in line and "->" not in line)
    return [int(row[4]) for row in rows if row[4].isdigit() and int(row[4])]


def _known(
    data: DataDir, status: Json, processes: list[Process], host: int | None, holders: list[int]
) -> Known:
    """The records, as the daemon's decisions want them: a leader is known by the mark it bears."""
    by_pid = {process.pid: process for process in processes}
    before = seen.read(data.workspaces)
    held, workers = {}, {}
    for key, worker in _workers(status):
        leader = by_pid.get((worker.get("process") or {}).get("pid") or 0)
        owner = _owner(leader, before) if leader else None
        if leader and owner and owner.worker == key and host:
            held[identity(leader)] = owner
        policy = _policy(key, owner, processes, before)
        workers[key] = KnownWorker(worker.get("status") or "lost", policy or "list")
    pid = (status.get("daemon") or {}).get("pid")
    store = status.get("store") or {}
    return Known(
        instance=data.instance,
        me=pid or next(iter(holders), 0),
        host=host,
        is_read=not store.get("unreadable"),
        workers=workers,
        unreadable=frozenset(str(e.get("session_id")) for e in store.get("quarantined") or []),
        held=held,
        seen=before,
    )


def _in_groups(
    processes: list[Process], inside: dict[int, str], known: Known
) -> dict[left_over.Identity, Owner]:
    """Whoever is in a control group of ours, whatever else it cleared, is its worker's."""
    nonces = {owner.worker: owner.nonce for owner in known.held.values()}
    return {
        identity(each): owner_of(key, nonces.get(key, ""))
        for each in processes
        if (key := inside.get(each.pid))
    }


def _workers(status: Json) -> Iterator[tuple[str, Json]]:
    for session in status.get("sessions") or []:
        for worker in session.get("workers") or []:
            if worker.get("type") != "conversation":
                yield f"{session.get('id')}/{worker.get('id')}", worker


def _owner(process: Process, before: dict[left_over.Identity, Owner]) -> Owner | None:
    marks = process.marks
    if marks:
        return Owner(marks.worker, marks.nonce, marks.policy, marks.server)
    return before.get(identity(process))


def _policy(
    key: str,
    owner: Owner | None,
    processes: Iterable[Process],
    before: dict[left_over.Identity, Owner],
) -> Any:
    """By what its processes bear; where they bear nothing any more, by what was seen of them."""
    if owner and owner.policy:
        return owner.policy
    marks = (p.marks for p in processes if isinstance(p.marks, Marks) and p.marks.worker == key)
    policies = [each.policy for each in marks]
    policies += [each.policy for each in before.values() if each.worker == key]
    return next(filter(None, policies), None)


def _owned(processes: list[Process], known: Known) -> dict[str, list[Process]]:
    whose = left_over.owners(processes, known)
    found: dict[str, list[Process]] = {}
    for process in processes:
        owner = whose.get(identity(process))
        if owner:
            found.setdefault(owner.key or "mcp", []).append(process)
    return found


def _is_there(process: Process) -> bool:
    entry = look_up(process.pid)
    return bool(entry and not entry.is_dead and entry.start_ticks == process.start_ticks)


def _files(data: DataDir, ours: set[int]) -> tuple[list[Holder], int]:
    """Who else holds a file open, and how many logs of tool servers there are."""
    places = tuple(f"{place}/" for place in (data.workspaces, data.requests, data.run))
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - a Path for each of hundreds costs more
        if name.isdigit() and int(name) not in ours:
            path = next((path for path in open_files(int(name)) if path.startswith(places)), None)
            if path:
                found[int(name)] = path
    logs = len([*data.workspaces.glob("*/mcp-*.log"), *data.workspaces.glob("*/*/*/mcp-*.log")])
    return [Holder(pid, path) for pid, path in sorted(found.items())], logs
