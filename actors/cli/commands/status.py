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
        with call.connect("get-status") as connection:
            answer = connection.ask({"type": "get-status"}, timeout_seconds=STATUS_SECONDS)
        status = accepted(answer)["data"]
    except NoDaemonError as missing:
        from actors.cli.stored_status import stored_status

        _show(call, stored_status(call.data))
        call.console.error(str(missing))
        return missing.exit_status
    _show(call, status)
    return DONE if healthy(status) else FAILED


def _show(call: Call, status: dict[str, Any]) -> None:
    if call.console.json:
        call.console.value(status)
        return
    from datetime import UTC, datetime

    from actors.cli.status_view import status_lines

    call.console.lines(status_lines(status, datetime.now(UTC), boxes=call.console.draws_boxes))


COMMANDS = {
    "status": Command(
        _status,
        examples=(
            "greenroom status",
            "greenroom status --json | jq .sessions",
            "Exit status: 0 healthy, 1 store degraded or something quarantined, 3 not running.",
        ),
    )
}
