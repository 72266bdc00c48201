"""`limits`: what all processes of a session together may be and use."""

from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, FAILED, Call, Command
from actors.cli.failures import UsageError
from actors.cli.process_view import limit_lines
from storage.records.config import LEAST_MEMORY_BYTES, MOST_MEMORY_BYTES

LIFTED = "none"
OPTIONS = (
    Option("--max-processes", "so many processes in all; none lifts it", metavar="N"),
    Option("--max-memory", "so much memory in all: 2G, 500M; none lifts it", metavar="SIZE"),
)
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def _limits(call: Call) -> int:
    reference = call.values["session"]
    if not reference:
        raise UsageError("SESSION is empty")
    changes = asked_limits(call.values)
    if changes:
        updates = {"config": {"limits": changes}}
        call.ask({"type": "update-session", "session": reference, "updates": updates})
    answer = call.ask({"type": "get-session", "session": reference})
    session = call.found(answer, f"session {reference!r}")
    if session is None:
        return FAILED
    if not call.console.json:
        status = call.ask({"type": "get-status"}).get("data") or {}
        call.console.lines(limit_lines(session, status))
    return DONE


def asked_limits(values: dict[str, Any]) -> dict[str, int | None]:
    """The limits that were named; None lifts one."""
    changes: dict[str, int | None] = {}
    if values["max_processes"] is not None:
        changes["processes"] = _count(values["max_processes"])
    if values["max_memory"] is not None:
        changes["memory_bytes"] = _bytes(values["max_memory"])
    return changes


def _count(text: str) -> int | None:
    if text == LIFTED:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:20]) > 0):
        what = "a whole number from 1 on, or none to lift it"
        raise UsageError(f"--max-processes takes {what}; not {text[:80]!r}")
    return int(text[:20])


def _bytes(text: str) -> int | None:
    """`2G`, `1.5GiB`, `500M`, `1048576`; units are powers of 1024."""
    if text == LIFTED:
        return None
    bare = text.upper().removesuffix("IB").removesuffix("B")
    unit = bare[-1:] if bare[-1:] in _UNITS else ""
    try:
        amount = float(bare.removesuffix(unit))
        found = int(amount * _UNITS[unit])
    except (ValueError, OverflowError):
        found = 0
    if not LEAST_MEMORY_BYTES <= found <= MOST_MEMORY_BYTES:
        what = "a size from 1M to 8192T, such as 500M or 2G, or none to lift it"
        raise UsageError(f"--max-memory takes {what}; not {text[:80]!r}")
    return found


COMMANDS = {
    "limits": Command(
        _limits,
        Spec(["SESSION"], list(OPTIONS)),
        (
            "greenroom limits 'Fix the login'    what it is held to, and what it uses",
            "greenroom limits 'Fix the login' --max-processes 50 --max-memory 2G",
            "greenroom limits 'Fix the login' --max-memory none    no limit of memory any more",
            "What is not named stays as it is. All its workers and its tool servers count, with",
            "whatever they started. Who has most when a limit is passed is ended.",
        ),
    )
}
