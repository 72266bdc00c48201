"""`start`, `stop`, `daemon`, and the daemon's `restart`."""

import os
import sys

from actors.cli.arguments import Option, Spec
from actors.cli.command import Call, Command
from actors.cli.daemon_process import daemon_status, start_daemon, stop_daemon
from actors.cli.failures import NoDaemonError, UsageError
from actors.entry import clean_environment, entry_command


def _start(call: Call) -> int:
    _daemon_only(call, "run")
    status = daemon_status(call.data)
    already = status is not None
    if status is None:
        status = start_daemon(call)
    return _started(call, status, already=already)


def _started(call: Call, status: dict[str, object], *, already: bool) -> int:
    daemon = status.get("daemon")
    pid = daemon.get("pid") if isinstance(daemon, dict) else None
    how = "already runs" if already else "runs"
    text = f"greenroom {how} (pid {pid}) for {call.data}; next: greenroom new, greenroom status"
    return call.done({"pid": pid, "data": call.data, "already_running": already}, text)


def _stop(call: Call) -> int:
    _daemon_only(call, "halt")
    keep = bool(call.values["keep_terminals"])
    pid = stop_daemon(call, keep_terminals=keep)
    left = "; its terminals live on" if keep else ""
    what = (
        f"greenroom is stopped (pid {pid})" if pid else "the daemon was down; its keeper is ended"
    )
    return call.done({"pid": pid, "keep_terminals": keep}, f"{what}{left}")


def restart_daemon(call: Call) -> int:
    """Stop it, its terminals living on, and start it again; only start it when none runs."""
    try:
        stop_daemon(call, keep_terminals=True)
    except NoDaemonError:
        call.console.note("no daemon was running", "dim")
    return _started(call, start_daemon(call), already=False)


def _daemon(call: Call) -> int:
    """Becomes the daemon: does not return."""
    command = entry_command("daemon", "--data", call.data)
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir("/")
    os.execve(command[0], command, clean_environment(call.environ))  # noqa: S606 - no shell is the point


def _daemon_only(call: Call, other: str) -> None:
    if call.values["session"] is not None:
        raise UsageError(
            f"{call.name} is the daemon's alone; for a session: greenroom {other} "
            f"{call.values['session']}"
        )


COMMANDS = {
    "start": Command(
        _start, Spec(["SESSION?"]), ("greenroom start", "greenroom start --data ~/work")
    ),
    "stop": Command(
        _stop,
        Spec(["SESSION?"], [Option("--keep-terminals", "terminals and agents live on")]),
        ("greenroom stop", "greenroom stop --keep-terminals"),
    ),
    "daemon": Command(_daemon, examples=("greenroom daemon --data /srv/greenroom",)),
}
