"""`cancel`: end a request that nobody waits for at a terminal, by the id that `send` printed."""

from __future__ import annotations

from actors.cli.arguments import Spec
from actors.cli.command import DONE, Call, Command
from actors.cli.failures import UsageError


def _cancel(call: Call) -> int:
    response_id = call.values["response_id"]
    if not response_id:
        raise UsageError("RESPONSE_ID is empty; it is what greenroom send --no-wait prints")
    answer = call.ask({"type": "cancel", "response_id": response_id})
    told = call.found(answer, f"request {response_id}")
    call.console.line((response_id, "bold"), f" is {(told or {}).get('status')}")
    return DONE


COMMANDS = {
    "cancel": Command(
        _cancel,
        Spec(["RESPONSE_ID"]),
        (
            "One that has ended stays as it is; what became of it stands in: greenroom history.",
            "greenroom cancel nwmggp2ifgke-2    the id that greenroom send --no-wait printed",
        ),
    )
}
