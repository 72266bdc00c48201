"""`start`, `stop`, `daemon`, and the daemon's `restart`."""

import os
import sys

from actors.cli.arguments import Option, Spec
from actors.cli.command import Call, Command
from actors.cli.daemon_process import daemon_status, start_daemon
from actors.cli.directory_lock import listens_again
from actors.cli.failures import NoDaemonError, UsageError
from actors.cli.stopping import Ended, stop_daemon
from actors.entry import clean_environment, entry_command


def _start(call: Call) -> int:
    _daemon_only(call, "run")
    status = daemon_status(call.data)
    if status is None and listens_again(call.data):
        status = daemon_status(call.data)
    already = status is not None
    if status is None:
        status = start_daemon(call)
    return _started(call, status, already=already)


def _started(call: Call, status: dict[str, object], *, already: bool) -> int:
    daemon = status.get("daemon")
    pid = daemon.get("pid") if isinstance(daemon, dict) else None
    how = "already runs" if already else "runs"
    if "keeper" in status and status["keeper"] is None:
        call.console.note(
            f"the daemon (pid {pid}) runs without a keeper: nobody would bring it back from a"
            " crash; give it one, its terminals living on, with: greenroom restart",
            "warn",
        )
    http = status.get("http")
    if isinstance(http, dict) and http.get("problem"):
        call.console.note(
            f"HTTP and the page are not served: {http['problem']}; then: greenroom restart", "warn"
        )
    text = f"greenroom {how} (pid {pid}) for {call.data}; next: greenroom new, greenroom status"
    return call.done({"pid": pid, "data": call.data, "already_running": already}, text)


def _stop(call: Call) -> int:
    _daemon_only(call, "halt")
    keep = bool(call.values["keep_terminals"])
    with call.at_work("it ends what it runs"):
        ended = stop_daemon(call, keep_terminals=keep)
    pid = ended.daemons[0] if ended.daemons else None
    left = "; its terminals live on" if keep else ""
    return call.done({"pid": pid, "keep_terminals": keep}, f"{_said(ended, pid)}{left}")


def _said(ended: Ended, pid: int | None) -> str:
    if pid:
        return f"greenroom is stopped (pid {pid})"
    if ended.keepers and ended.hosts:
        return "the daemon was down; its keeper and its terminal host are ended"
    return f"the daemon was down; its {'keeper' if ended.keepers else 'terminal host'} is ended"


def restart_daemon(call: Call) -> int:
    """Stop it and start it again; only start it when none runs.

    Its terminals live on, unless `--terminals` says that they and their host begin anew too.
    """
    try:
        stop_daemon(call, keep_terminals=not call.values["terminals"])
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
        (
            "greenroom stop",
            "greenroom stop --keep-terminals    shells go on; the next start takes them over",
        ),
    ),
    "daemon": Command(_daemon, examples=("greenroom daemon --data /srv/greenroom",)),
}
