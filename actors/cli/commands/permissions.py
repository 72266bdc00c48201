"""`asks` and `answer`: what waits for a person's yes or no."""

from __future__ import annotations

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, Call, Command
from actors.cli.failures import CommandError, NoDaemonError, UsageError
from actors.cli.permission_view import permission_lines, short_id
from actors.cli.whole_permission_view import whole_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = dict[str, Any]

DECISIONS = ("allow", "deny")
SHORTEST = 4
"""Characters of an id; fewer are the title of a session."""


def _asks(call: Call) -> int:
    which = call.values["which"]
    try:
        answer = call.ask({"type": "list-permissions"})
    except NoDaemonError as missing:
        if which or missing.is_final:
            raise
        return _as_recorded(call, missing)
    if which:
        one = _one(answer, which)
        if one:
            return _whole(call, answer, one)
        answer = call.ask({"type": "list-permissions", "session": which})
    asked = (call.found(answer, "list") or {}).get("permissions") or []
    call.console.lines(permission_lines(asked, call.console.columns))
    return DONE


def _one(answer: Json, reference: str) -> Json | None:
    """The question of which the id begins so; None if it is the name of a session."""
    asked = (answer.get("data") or {}).get("permissions") or []
    begins = len(reference) >= SHORTEST
    found = [each for each in asked if begins and str(each["id"]).startswith(reference)]
    return found[0] if len(found) == 1 else None


def _whole(call: Call, answer: Json, asked: Json) -> int:
    args = _args_of(call, asked)
    if call.console.json:
        full = asked if args is None else {**asked, "arguments": args}
        call.console.value({**answer, "data": {"permissions": [full]}})
    call.console.lines(whole_lines(asked, args))
    return DONE


def _args_of(call: Call, asked: Json) -> Json | None:
    """All that the tool is to be called with, from the round that waits; None for a server."""
    if asked.get("response_id") is None:
        return None
    found = call.ask({"type": "get-response", "response_id": asked["response_id"]}).get("data")
    for turn in (found or {}).get("turns") or []:
        for each in turn.get("tool_calls") or []:
            if each.get("tool_call_id") == asked.get("tool_call_id"):
                args: Json = each.get("args") or {}
                return args
    return None


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
        Spec(["WHICH?"]),
        (
            "With SESSION those of it and of the sessions that it started; with an ID, or the",
            "beginning of one, all of that one: every line of its arguments, and its whole id.",
            "greenroom asks",
            "greenroom asks kq3vd5",
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
