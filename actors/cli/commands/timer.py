"""`timer add`, `timer ls`, `timer rm`: messages that a session is given later."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, Call, Command
from actors.cli.drawing import table_lines
from actors.cli.failures import UsageError
from actors.cli.phrases import moment
from actors.cli.standard_input import text_of_input
from actors.cli.timer_view import said, until

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LENGTH = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?[smhd])+")
_PART = re.compile(r"([\d.]+)([smhd])")


def _add(call: Call) -> int:
    words = call.values["text"]
    message = text_of_input() if words == ["-"] else " ".join(words)
    request = {"type": "set-timer", "session": call.values["session"], "message": message}
    told: dict[str, Any] = call.ask({**request, **_when(call.values)})
    if call.console.json:
        call.console.value(told)
    data = told["data"]
    due = data["due"]
    call.console.line(
        (data["timer_id"], "bold"), f" is due at {moment(due)}, in {until(due, datetime.now(UTC))}"
    )
    return DONE


def _when(values: dict[str, Any]) -> dict[str, object]:
    length, at = values["in"], values["at"]
    if (length is None) == (at is None):
        raise UsageError("say when: --in 10m, or --at 2026-12-24T18:00")
    return {"in_seconds": _seconds(length)} if at is None else {"at": _moment(at)}


def _seconds(text: str) -> float:
    if not _LENGTH.fullmatch(text):
        raise UsageError(f"--in takes a length of time as 90s, 10m or 1h30m, not {text[:80]!r}")
    return sum(float(amount) * _SECONDS[unit] for amount, unit in _PART.findall(text))


def _moment(text: str) -> str:
    """With its zone; without one it is a time of whoever asks."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"--at takes a time as 2026-12-24T18:00, not {text[:80]!r}") from None


def _list(call: Call) -> int:
    session = call.values["session"]
    answer = call.ask({"type": "list-timers", "session": session})
    if call.console.json:
        call.console.value(answer)
    timers, now = answer["data"]["timers"], datetime.now(UTC)
    if not timers:
        call.console.advise("no timers; set one with: greenroom timer add SESSION --in 10m TEXT")
        return DONE
    rows = [
        [
            (str(each["timer_id"]), ""),
            (moment(each["due"]), ""),
            (until(each["due"], now), "dim"),
            (said(each), ""),
        ]
        for each in timers
    ]
    call.console.lines(table_lines(("ID", "DUE", "IN", "MESSAGE"), rows))
    return DONE


def _remove(call: Call) -> int:
    asked = {"session": call.values["session"], "timer_id": call.values["timer"]}
    if not asked["timer_id"]:
        raise UsageError("TIMER is empty; see which there are with: greenroom timer ls SESSION")
    answer = call.ask({"type": "cancel-timer", **asked})
    if call.console.json:
        call.console.value(answer)
    call.console.line((answer["data"]["timer_id"], "bold"), " is cancelled")
    return DONE


COMMANDS = {
    "timer add": Command(
        _add,
        Spec(
            ["SESSION", "TEXT…"],
            [
                Option("--in", "after so long, as 90s, 10m, 1h30m or 2d", metavar="TIME"),
                Option("--at", "at that time, yours if no zone is named", metavar="WHEN"),
            ],
        ),
        (
            "greenroom timer add 'Fix the login' --in 10m Look at the build again.",
            "greenroom timer add 'Fix the login' --at 2026-12-24T18:00 'Sum up what is open.'",
            "It goes to the session's conversation, or to its only agent, once, as if it was sent",
            "then, also after a crash. It waits while the session is paused or stopped.",
        ),
    ),
    "timer ls": Command(_list, Spec(["SESSION"]), ("greenroom timer ls 'Fix the login'",)),
    "timer rm": Command(
        _remove, Spec(["SESSION", "TIMER"]), ("greenroom timer rm 'Fix the login' kq3vd5",)
    ),
}
