"""`peek`: what a terminal shows now, as plain lines."""

from __future__ import annotations

from actors.cli.arguments import Spec
from actors.cli.command import DONE, Call, Command, split_reference
from actors.cli.terminal_of import session_record, terminal_of


def _peek(call: Call) -> int:
    session, worker = split_reference(call.values["session"])
    if worker is None:
        record = session_record(call, session)
        session, worker = record["id"], terminal_of(record, session, None)["id"]
    data = call.found(
        call.ask({"type": "get-screen", "session": session, "worker": worker}), "screen"
    )
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
