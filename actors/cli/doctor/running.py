"""What runs on a data directory: the daemon, its keeper, the terminal host, and their limits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from actors.cli.connection import Connection
from actors.cli.directory_lock import is_held
from actors.cli.doctor.finding import Finding, note, ok, problem
from actors.cli.failures import CommandError, NoDaemonError
from actors.cli.health import quarantined
from actors.cli.phrases import last_said, local, plural
from actors.cli.processes import pids_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

ANSWER_SECONDS = 10.0
FEW_FILES = 1024
"""Each terminal, client and tool server takes some."""
FEW_INSTANCES, FEW_WATCHES = 64, 4096
NEARLY_ALL = 0.9
INOTIFY = Path("/proc/sys/fs/inotify")


def status_of(data: str) -> Json | CommandError:
    """What the daemon says of itself, or why it does not."""
    try:
        with Connection(data) as connection:
            answer = connection.ask({"type": "get-status"}, timeout_seconds=ANSWER_SECONDS)
    except CommandError as error:
        return error
    status: Json | None = answer.get("data")
    return status if status is not None else CommandError(str(answer.get("error")))


def findings(data: str, status: Json | CommandError) -> Iterator[Finding]:
    if isinstance(status, CommandError):
        yield _silent(data, status)
        yield from _without_daemon(data)
    else:
        yield from _answering(status)
        yield _terminal_host(data, status)
        yield from _store(status)
        yield from _given_up(data, status)
        yield from _directories(status)
    yield _open_files(status)
    yield _inotify()


def _silent(data: str, error: CommandError) -> Finding:
    if not is_held(data) and isinstance(error, NoDaemonError):
        return note("daemon", "not running", "greenroom start")
    pid = next(iter(pids_of("daemon", data)), None)
    who = f"pid {pid}" if pid else "its process is not to be seen from here"
    text = f"one holds the directory ({who}) and does not answer: {error}"
    return problem("daemon", text, "greenroom stop; greenroom start")


def _without_daemon(data: str) -> Iterator[Finding]:
    from actors.terminals.host_files import recorded_host

    keepers = pids_of("keeper", data)
    if keepers:
        yield note("keeper", f"pid {keepers[0]} lives, and tries to start the daemon")
    host = recorded_host(Path(data))
    if host:
        text = f"pid {host.pid} lives on with its terminals; the next daemon takes them over"
        yield note("terminal host", text)


def _answering(status: Json) -> Iterator[Finding]:
    from actors.cli.main import version

    daemon = status["daemon"]
    text = f"pid {daemon['pid']}, version {daemon['version']}, since {local(daemon['started_at'])}"
    if daemon["version"] == version():
        yield ok("daemon", text)
    else:
        yield note("daemon", f"{text}; this is version {version()}", "greenroom restart")
    keeper = status.get("keeper")
    if keeper:
        yield ok("keeper", f"pid {keeper['pid']}")
    else:
        yield note("keeper", "none: a daemon that crashes stays down", "greenroom restart")


def _terminal_host(data: str, status: Json) -> Finding:
    from actors.terminals.host_files import recorded_host

    host = status.get("terminal_host") or {}
    if host.get("problem"):
        return problem("terminal host", str(host["problem"]), "greenroom restart --terminals")
    if host.get("pid"):
        terminals = plural(host.get("terminals") or 0, "terminal")
        return ok("terminal host", f"pid {host['pid']}, {terminals}")
    recorded = recorded_host(Path(data))
    if recorded:
        return note("terminal host", f"pid {recorded.pid} does not answer", "greenroom logs")
    return ok("terminal host", "none runs; one is started with the next terminal")


def _store(status: Json) -> Iterator[Finding]:
    """What only the daemon knows of its store and its tree."""
    store = status.get("store") or {}
    found = [problem("store", str(each)) for each in store.get("problems") or []]
    for each in store.get("quarantined") or []:
        session_id = each.get("session_id")
        text = f"session {session_id} is quarantined: {each.get('reason')}"
        found.append(problem("store", text, f"greenroom show {session_id}; greenroom logs"))
    for each in store.get("not_durable") or []:
        text = f"session {each.get('session_id')}: done and not on the disk yet"
        found.append(note("store", f"{text}: {each.get('reason')}"))
    if store.get("state") == "degraded" and not found:
        found.append(problem("store", "degraded: it refuses changes", "greenroom status"))
    for each in status.get("workspaces") or []:
        if each.get("problem"):
            text = f"workspace {each.get('name')}: {each['problem']}"
            found.append(problem("settings", text))
    yield from found or [ok("store", "takes changes")]


def _given_up(data: str, status: Json) -> Iterator[Finding]:
    """Whoever the daemon has given up: a tool server, a worker, a part of itself."""
    store = status.get("store") or {}
    told = {each.get("session_id") for each in store.get("quarantined") or []}
    for each in quarantined(status):
        if each["node"] not in told:
            text = f"{each['who']} is given up: {last_said(each['error']) or 'it failed too often'}"
            log = f"read {data}/{each['log']}" if each["log"] else ""
            again = f"{text}; it is tried again every minute" if each["again"] else text
            yield problem("tree", again, log or "greenroom status; greenroom logs")


def _directories(status: Json) -> Iterator[Finding]:
    """Those of sessions that have gone or were moved, and those with which git cannot work."""
    for each in status.get("sessions") or []:
        look = each.get("worktree") or {}
        where = each.get("location") or "there"
        is_usable = where == "there" and (look.get("head") or not look.get("problem"))
        if where != "unknown" and not is_usable:
            text = look.get("problem") or f"{each.get('location_path')} is gone"
            session_id = each.get("id")
            yield note(
                "directories", f"session {session_id}: {text}", f"greenroom show {session_id}"
            )


def _open_files(status: Json | CommandError) -> Finding:
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    used = None
    if not isinstance(status, CommandError):
        place = Path(f"/proc/{status['daemon']['pid']}")
        limit = _limit_of(place) or limit
        used = _count(place / "fd")
    shown = "unlimited" if limit in {resource.RLIM_INFINITY, None} else str(limit)
    text = f"at most {shown}" + (f", the daemon has {used}" if used is not None else "")
    if limit not in {resource.RLIM_INFINITY, None}:
        if used is not None and used > NEARLY_ALL * limit:
            return problem("open files", text, "raise the limit (ulimit -n), greenroom restart")
        if limit < FEW_FILES:
            return note("open files", text, "raise the hard limit (ulimit -Hn) before a start")
    return ok("open files", text)


def _limit_of(process: Path) -> int | None:
    """The soft limit of a process, where the system tells."""
    try:
        lines = process.joinpath("limits").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("Max open files"):
            word = line.split()[3]
            return int(word) if word.isdigit() else None
    return None


def _count(directory: Path) -> int | None:
    try:
        return len(os.listdir(directory))  # noqa: PTH208 - their number is all that is wanted
    except OSError:
        return None


def _inotify() -> Finding:
    """Without it the inbox is looked at every five seconds: slower, nothing is lost."""
    try:
        instances, watches = (
            int(INOTIFY.joinpath(name).read_text())
            for name in ("max_user_instances", "max_user_watches")
        )
    except (OSError, ValueError):
        return ok("inotify", "no limits to be seen on this system")
    text = f"at most {instances} instances and {watches} watches per user"
    if instances < FEW_INSTANCES or watches < FEW_WATCHES:
        step = "sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=65536"
        return note("inotify", f"{text}: few, if editors watch files too", step)
    return ok("inotify", text)
