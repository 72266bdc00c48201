"""`asks` and `answer`: what waits for a person's yes or no."""

from __future__ import annotations

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, Call, Command
from actors.cli.failures import CommandError, NoDaemonError, UsageError
from actors.cli.permission_view import permission_lines, short_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DECISIONS = ("allow", "deny")


def _asks(call: Call) -> int:
    session = call.values["session"]
    request = {"type": "list-permissions"} | ({"session": session} if session else {})
    try:
        answer = call.ask(request)
    except NoDaemonError as missing:
        if session or missing.is_final:
            raise
        return _as_recorded(call, missing)
    asked = (call.found(answer, "list") or {}).get("permissions") or []
    call.console.lines(permission_lines(asked, call.console.columns))
    return DONE


def _as_recorded(call: Call, missing: NoDaemonError) -> int:
    """Without a daemon their time stands still, and nobody can answer."""
    from actors.cli.stored_status import stored_status

    asked = stored_status(call.data)["permissions"]
    if call.console.json:
        raise missing
    call.console.lines(permission_lines(asked, call.console.columns))
    call.console.error(str(missing))
    return missing.exit_status


def _answer(call: Call) -> int:
    decision = call.values["decision"]
    if decision not in DECISIONS:
        raise UsageError(f"{decision!r} is no answer; say allow or deny")
    permission = whole_id(call, call.values["id"])
    request = {"type": "answer-permission", "permission": permission, "decision": decision}
    if call.values["remember"]:
        request["remember"] = True
    answered = call.found(call.ask(request), "permission request")
    tool, state = str(answered.get("tool")), str(answered.get("state"))
    call.console.line((tool, "bold"), f" is {state}")
    return DONE


def whole_id(call: Call, reference: str) -> str:
    """The id that begins so, among those that are open; as it stands if none does."""
    if not reference:
        raise UsageError("ID is empty; see which there are with: greenroom asks")
    listed: dict[str, Any] = call.ask({"type": "list-permissions"}).get("data") or {}
    asked = listed.get("permissions") or []
    matching = [each for each in asked if str(each["id"]).startswith(reference)]
    exact = [each for each in asked if each["id"] == reference]
    if len(exact or matching) > 1:
        which = ", ".join(short_id(each) for each in matching)
        raise CommandError(f"{reference!r} could be {which}; write more of it", code="ambiguous")
    return str((exact or matching)[0]["id"]) if matching else reference


COMMANDS = {
    "asks": Command(
        _asks,
        Spec(["SESSION?"]),
        (
            "With SESSION those of it and of the sessions that it started.",
            "greenroom asks",
            "greenroom asks 'Fix the login'",
            "greenroom asks --json | jq -r '.data.permissions[].id'",
        ),
    ),
    "answer": Command(
        _answer,
        Spec(
            ["ID", "DECISION"],
            [Option("--remember", "the same call is not asked again in this session")],
        ),
        (
            "ID is what greenroom asks shows, or the beginning of it. Nobody answering means no.",
            "Exit status: 1 when it was answered before, its time has run out, or there is none.",
            "greenroom answer kq3vd5 allow",
            "greenroom answer kq3vd5 deny",
        ),
    ),
}
