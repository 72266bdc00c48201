"""`context`: what a session's model would be sent now."""

from __future__ import annotations

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, FAILED, Call, Command
from actors.cli.context_view import context_lines

PATIENCE_SECONDS = 60.0
"""Servers of tools may have to start first, and to be asked."""


def _context(call: Call) -> int:
    reference = call.values["session"]
    named = f"session {reference!r}"
    if call.values["refresh"]:
        call.ask({"type": "refresh-context", "session": reference})
    request = {"type": "get-context", "session": reference}
    built = call.found(call.ask(request, longer_by_seconds=PATIENCE_SECONDS), named)
    if built is None:
        return FAILED
    call.console.lines(context_lines(built))
    return DONE


COMMANDS = {
    "context": Command(
        _context,
        Spec(
            ["SESSION"], [Option("--refresh", "have tools say anew what they say for the prompt")]
        ),
        (
            "greenroom context 'Fix the login'    the prompt, and what of the history is sent",
            "What tools say for the prompt is kept as `dynamic_context` in workspace.json has it;",
            "greenroom context 'Fix the login' --refresh    asks them all again",
        ),
    )
}
