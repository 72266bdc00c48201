"""`peek`: what a terminal shows now, as plain lines."""

from __future__ import annotations

from actors.cli.arguments import Spec
from actors.cli.command import DONE, Call, Command
from actors.cli.terminal_of import terminal_reference


def _peek(call: Call) -> int:
    wanted = terminal_reference(call, call.values["session"])
    data = call.found(call.ask({"type": "get-screen", **wanted}), "screen")
    for line in "\n".join(data["lines"]).rstrip("\n").split("\n"):
        call.console.line(line)
    return DONE


COMMANDS = {
    "peek": Command(
        _peek,
        Spec(["SESSION"]),
        ("greenroom peek 'Fix the login'", "greenroom peek 'Fix the login'/shell --json"),
    ),
}
