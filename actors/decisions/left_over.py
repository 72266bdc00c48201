"""PURE: which processes are whose, and which of them nobody claims any more.

A process is known by the marks in its environment, by having been seen below a worker before, by
the mark among its limits, by its process session, or by what it hangs below. Whatever hangs below
another data directory's daemon, keeper or host, or carries its mark, is none of our business,
whatever else speaks for us.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from actors.limit_mark import mark_of
from actors.messages.orphans import CLEAN_UP, Judged, Owner, Policy, Process
from storage.records.worker import AgentWorker, TerminalWorker, WorkerStatus

Identity = tuple[int, int]
"""Pid and start ticks."""


class _Served(Struct, frozen=True):
    """It is, or hangs below, an MCP server that hangs below us."""

    owner: Owner


_Standing = Owner | _Served | str
"""Whose it is; or `other`, `ours`, `host` (ours too), `stray` (below our host), `nobody`."""


class KnownWorker(Struct, frozen=True):
    status: WorkerStatus
    policy: Policy


class Known(Struct, frozen=True, kw_only=True):
    """`held`: the living terminals of our host, by identity of their leaders. `seen`: what was
    below a worker at an earlier look. `workers`: all records, by key. `unreadable`: ids of
    sessions that are quarantined or refused; `is_read`: all others are known. `opening`: keys of
    workers whose process may just be starting.
    """

    instance: str
    me: int
    host: int | None = None
    is_read: bool = True
    workers: Mapping[str, KnownWorker] = {}
    unreadable: frozenset[str] = frozenset()
    opening: frozenset[str] = frozenset()
    held: Mapping[Identity, Owner] = {}
    seen: Mapping[Identity, Owner] = {}


def policy_of(worker: TerminalWorker) -> Policy:
    """What an interactive shell leaves behind is the user's: a tmux server, an ssh-agent."""
    runs_command = worker.command is not None or isinstance(worker, AgentWorker)
    return "kill" if runs_command else "list"


def identity(process: Process) -> Identity:
    return process.pid, process.start_ticks


def owners(processes: Iterable[Process], known: Known) -> dict[Identity, Owner]:
    """Every process that belongs, or belonged, to a worker or an MCP server of ours."""
    by_pid = {process.pid: process for process in processes}
    found = {}
    for pid, standing in _standings(by_pid, known).items():
        owner = standing.owner if isinstance(standing, _Served) else standing
        if isinstance(owner, Owner):
            found[identity(by_pid[pid])] = owner
    return found


def near(processes: Iterable[Process], known: Known) -> set[int]:
    """The pids of those that are a worker's, that our host took in, or that may be a server's."""
    by_pid = {process.pid: process for process in processes}
    return {
        pid
        for pid, standing in _standings(by_pid, known).items()
        if isinstance(standing, Owner | _Served)
        or standing == "stray"
        or by_pid[pid].parent == known.me
    }


def judge(processes: Iterable[Process], known: Known) -> list[Judged]:
    """Those that nobody claims, in the order of their pids."""
    by_pid = {process.pid: process for process in processes}
    standings = _standings(by_pid, known)
    return [
        judged
        for pid, standing in sorted(standings.items())
        if (judged := _judged(by_pid[pid], standing, known))
    ]


def _judged(process: Process, standing: _Standing, known: Known) -> Judged | None:
    if standing == "stray":
        return Judged(
            process, "listed", "", "an orphan below our terminal host, of no known worker"
        )
    if not isinstance(standing, Owner):
        return None
    key = standing.worker
    if not key:
        return Judged(process, "left", "", f"of {_what(standing.server)} whose launcher has gone")
    worker = known.workers.get(key)
    session_id = key.partition("/")[0]
    if not known.is_read or session_id in known.unreadable:
        return Judged(process, "unclaimed", key, f"session {session_id} could not be read")
    if _is_held(standing, known):
        if worker and worker.status in {"running", "starting"}:
            return None
        why = "its terminal is held, and no worker claims it"
        return Judged(process, "unclaimed", key, why)
    if key in known.opening or (worker and worker.status == "starting"):
        return None
    policy = worker.policy if worker else standing.policy
    why = _why(worker, has_host=known.host is not None)
    return Judged(process, "left" if policy == "kill" else "listed", key, why)


def _what(server: str) -> str:
    session_id, _, by = server.partition("/")
    if by == CLEAN_UP:
        return f"the clean-up of the worktree of session {session_id},"
    return f"an MCP server {server}" if server else "an MCP server"


def _is_held(owner: Owner, known: Known) -> bool:
    return any((o.worker, o.nonce) == (owner.worker, owner.nonce) for o in known.held.values())


def _why(worker: KnownWorker | None, *, has_host: bool) -> str:
    if worker is None:
        return "its worker is deleted"
    if worker.status == "running":
        return "its worker has another process now" if has_host else "its terminal host has gone"
    return f"its worker is {worker.status}"


def _standings(by_pid: Mapping[int, Process], known: Known) -> dict[int, _Standing]:
    """From the top down. Of what does not hang together, because it changed meanwhile, nothing."""
    children: dict[int, list[Process]] = {}
    for process in by_pid.values():
        children.setdefault(process.parent, []).append(process)
    by_limit = {
        mark_of(owner.nonce): owner
        for owner in (*known.seen.values(), *known.held.values())
        if owner.nonce
    }
    direct = {pid: owner for pid, p in by_pid.items() if (owner := _evidence(p, known, by_limit))}
    sessions = _sessions(by_pid, direct)
    above = _ancestors(by_pid, known.me)
    found: dict[int, _Standing] = {}
    waiting: list[tuple[Process, _Standing]] = [
        (process, "nobody") for process in by_pid.values() if process.parent not in by_pid
    ]
    while waiting:
        process, over = waiting.pop()
        if process.pid in above:
            standing: _Standing = "nobody" if over != "other" else over
            standing = "ours" if process.pid == known.me else standing
        else:
            owner = direct.get(process.pid) or sessions.get(process.session)
            standing = _standing(process, over, owner, known)
        if process.role or process.pid == known.host:
            standing = _of_role(process, known)
        found[process.pid] = standing
        waiting += [(child, standing) for child in children.get(process.pid, ())]
    return found


def _of_role(process: Process, known: Known) -> _Standing:
    if process.role == "other":
        return "other"
    return "host" if process.pid == known.host else "ours"


def _standing(process: Process, over: _Standing, owner: Owner | None, known: Known) -> _Standing:
    marks = process.marks
    if over == "other" or (marks and marks.instance != known.instance):
        return "other"
    if owner and (owner.worker or not (over == "ours" or isinstance(over, _Served))):
        return owner
    if owner:  # an MCP server, and it hangs below us: its launcher lives
        return over if isinstance(over, _Served) else _Served(owner)
    return "stray" if over == "host" else over


def _evidence(process: Process, known: Known, by_limit: Mapping[int, Owner]) -> Owner | None:
    """What speaks of the process itself."""
    marks = process.marks
    if marks:
        is_ours = marks.instance == known.instance
        return Owner(marks.worker, marks.nonce, marks.policy, marks.server) if is_ours else None
    found = known.held.get(identity(process)) or known.seen.get(identity(process))
    return found or by_limit.get(process.limit_mark or 0)


def _sessions(by_pid: Mapping[int, Process], direct: Mapping[int, Owner]) -> dict[int, Owner]:
    """Process sessions that are a worker's: all in one come from its leader.

    Whose it is says the leader. One whose leader has gone is the worker's of which a member is:
    the number is not given to another while anyone has it.
    """
    members: dict[int, dict[tuple[str, str], Owner]] = {}
    for pid, owner in direct.items():
        members.setdefault(by_pid[pid].session, {})[owner.key, owner.nonce] = owner
    found = {}
    for number, theirs in members.items():
        if number in by_pid:
            if number in direct:
                found[number] = direct[number]
        elif number and len(theirs) == 1:
            found[number] = next(iter(theirs.values()))
    return found


def _ancestors(by_pid: Mapping[int, Process], pid: int) -> set[int]:
    """The process and all above it: whoever started us is never ended by us."""
    found: set[int] = set()
    while pid in by_pid and pid not in found:
        found.add(pid)
        pid = by_pid[pid].parent
    return found
