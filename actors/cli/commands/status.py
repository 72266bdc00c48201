"""`status`: the supervision tree, from the daemon or, without one, from the files."""

from __future__ import annotations

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, FAILED, Call, Command, accepted
from actors.cli.failures import NoDaemonError
from actors.cli.health import healthy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STATUS_SECONDS = 10.0
"""A daemon that cannot say how it is within this time is not well."""


def _status(call: Call) -> int:
    if call.values["watch"]:
        from actors.cli.watch.watching import watch

        return watch(call)
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
    from actors.cli.unanswered import status_of_files, unresponsive

    if is_held:
        status, problem = unresponsive(call.data)
        _show(call, status)
        call.console.error(problem)
        return FAILED
    if missing.is_final:
        raise missing
    _show(call, status_of_files(call.data))
    call.console.error(str(missing))
    return missing.exit_status


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
        Spec(options=[Option("--watch", "go on, and show every change", short="-w")]),
        (
            "greenroom status",
            "greenroom status --watch             a live view; q or Ctrl-C ends it",
            "greenroom status --watch --json      a line of JSON for every change",
            "greenroom status --json | jq .sessions",
            "Exit status: 0 healthy, 1 something is not (or no answer), 3 not running.",
        ),
    )
}
