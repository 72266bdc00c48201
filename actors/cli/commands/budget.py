"""`budget`: what a session and those that it starts may spend, and what they have spent."""

from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.budget_view import budget_lines
from actors.cli.command import DONE, FAILED, Call, Command
from actors.cli.failures import UsageError

LIFTED = "none"
_READERS: dict[str, tuple[type, str, int]] = {
    "tokens": (int, "a whole number", 2**53),
    "usd": (float, "an amount of US dollars", 10**12),
    "tool_calls": (int, "a whole number", 2**53),
    "wall_seconds": (float, "a number of seconds", 10**9),
}
"""How each limit is read, what it takes, and the most of it that can be asked for."""


def _budget(call: Call) -> int:
    reference = call.values["session"]
    if not reference:
        raise UsageError("SESSION is empty")
    changes = _changes(call.values)
    if changes:
        call.ask({
            "type": "update-session",
            "session": reference,
            "updates": {"config": {"budget": changes}},
        })  # fmt: skip
    answer = call.ask({"type": "get-budget", "session": reference})
    budget = call.found(answer, f"session {reference!r}")
    if budget is None:
        return FAILED
    call.console.lines(budget_lines(budget))
    return DONE


def _changes(values: dict[str, Any]) -> dict[str, Any]:
    """The limits that were named; None lifts one."""
    named = {kind: values[kind] for kind in _READERS if values[kind] is not None}
    changes: dict[str, Any] = {kind: _limit(kind, text) for kind, text in named.items()}
    allow, refuse = values["allow_unknown_prices"], values["refuse_unknown_prices"]
    if allow and refuse:
        raise UsageError("--allow-unknown-prices and --refuse-unknown-prices: say one of them")
    if allow or refuse:
        changes["allow_unknown_prices"] = bool(allow)
    return changes


def _limit(kind: str, text: str) -> object:
    if text == LIFTED:
        return None
    read, what, greatest = _READERS[kind]
    name = f"--{kind.replace('_', '-')}"
    try:
        number = read(text)
    except ValueError:
        raise UsageError(f"{name} takes {what}, or none to lift it; not {text[:80]!r}") from None
    if not 0 <= number <= greatest:
        raise UsageError(f"{name} takes {what} from 0 to {greatest:,}, or none to lift it")
    return text if kind == "usd" else number


COMMANDS = {
    "budget": Command(
        _budget,
        Spec(
            ["SESSION"],
            [
                Option("--tokens", "tokens of prompts and answers; none lifts it", metavar="N"),
                Option("--usd", "US dollars at list price; none lifts it", metavar="X"),
                Option("--tool-calls", "calls of tools; none lifts it", metavar="N"),
                Option(
                    "--wall-seconds",
                    "seconds in which a model or a tool is at work; none lifts it",
                    metavar="S",
                ),
                Option("--allow-unknown-prices", "let models pass whose price nobody knows"),
                Option("--refuse-unknown-prices", "refuse them where --usd limits (the default)"),
            ],
        ),
        (
            "greenroom budget 'Fix the login'    what is spent, and what is left",
            "greenroom budget 'Fix the login' --usd 5 --tool-calls 200",
            "greenroom budget 'Fix the login' --usd none    no limit in dollars any more",
            "What is not named stays as it is. It holds for the session and for all that it",
            "starts, from the next call on; 0 lets nothing more pass.",
        ),
    )
}
