"""`status`: the supervision tree, from the daemon or, without one, from the files."""

from __future__ import annotations

from actors.cli.command import DONE, FAILED, Call, Command, accepted
from actors.cli.failures import NoDaemonError
from actors.cli.health import healthy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STATUS_SECONDS = 10.0
"""A daemon that cannot say how it is within this time is not well."""


def _status(call: Call) -> int:
    try:
        status = _asked(call)
    except NoDaemonError as missing:
        from actors.cli.directory_lock import is_held, listens_again

        if listens_again(call.data):
            return _status(call)
        return _unanswered(call, missing, is_held=is_held(call.data))
    _show(call, status)
    return DONE if healthy(status) else FAILED


def _asked(call: Call) -> dict[str, Any]:
    with call.connect("get-status") as connection:
        answer = connection.ask({"type": "get-status"}, timeout_seconds=STATUS_SECONDS)
    status: dict[str, Any] = accepted(answer)["data"]
    return status


def _unanswered(call: Call, missing: NoDaemonError, *, is_held: bool) -> int:
    """What the files tell, and whether a daemon is there all the same."""
    from actors.cli.stored_status import stored_status

    status = stored_status(call.data)
    status["terminal_host"] = _host(call.data, status)
    if not is_held and missing.is_final:
        raise missing
    if not is_held:
        _show(call, status)
        call.console.error(str(missing))
        return missing.exit_status
    from actors.cli.processes import pids_of

    pid = next(iter(pids_of("daemon", call.data)), None)
    status["daemon"] |= {"state": "unresponsive", "pid": pid}
    _show(call, status)
    who = f"pid {pid}" if pid else "its process is not to be seen from here"
    call.console.error(
        f"a daemon ({who}) runs for {call.data} but does not answer; end it with: greenroom stop"
    )
    return FAILED


def _host(data: str, status: dict[str, Any]) -> dict[str, Any]:
    """The one that lives on without a daemon, with the terminals that it is known to have."""
    from pathlib import Path

    from actors.terminals.host_files import recorded_host

    host = recorded_host(Path(data))
    workers = (each for session in status["sessions"] for each in session.get("workers") or [])
    running = [each for each in workers if each.get("process") and each.get("status") == "running"]
    return {"pid": host and host.pid, "terminals": len(running) if host else 0}


def _show(call: Call, status: dict[str, Any]) -> None:
    if call.console.json:
        call.console.value(status)
        return
    from datetime import UTC, datetime

    from actors.cli.status_view import status_lines

    console = call.console
    now = datetime.now(UTC)
    console.lines(status_lines(status, now, boxes=console.draws_boxes, columns=console.columns))


COMMANDS = {
    "status": Command(
        _status,
        examples=(
            "greenroom status",
            "greenroom status --json | jq .sessions",
            "Exit status: 0 healthy, 1 something is not (or no answer), 3 not running.",
        ),
    )
}
