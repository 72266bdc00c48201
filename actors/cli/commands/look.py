"""`ls`, `show`, `history`: look at sessions."""

from datetime import UTC, datetime
from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.as_running import as_running
from actors.cli.command import DONE, FAILED, Call, Command, split_number
from actors.cli.history_view import round_lines
from actors.cli.phrases import plural
from actors.cli.process_view import process_lines
from actors.cli.session_view import listing_lines, session_lines


def _ls(call: Call) -> int:
    answer = call.ask({"type": "list-sessions"})
    sessions = (call.found(answer, "list") or {}).get("sessions") or []
    everything = bool(call.values["all"])
    columns = call.console.columns
    call.console.lines(
        listing_lines(sessions, datetime.now(UTC), everything=everything, columns=columns)
    )
    return DONE


def _show(call: Call) -> int:
    reference, at = split_number(call.values["session"])
    session = _at(call, reference, at) if at else _found(call, reference)
    if session is None:
        return FAILED
    if not call.console.json and not at:
        status = call.ask({"type": "get-status"}).get("data") or {}
        now = datetime.now(UTC)
        session["workers"] = as_running(session.get("workers") or [], status)
        call.console.lines(session_lines(session, now, call.console.columns))
        call.console.lines(process_lines(status, session["id"], now))
        problems = _wrong(status, session)
        call.console.lines([[("problem   ", "dim"), (each, "bad")] for each in problems])
    return DONE


def _at(call: Call, reference: str, at: dict[str, int]) -> dict[str, Any] | None:
    """As it was then, when its workers ran as they did."""
    answer = call.ask({"type": "get-session", "session": reference, **at})
    session: dict[str, Any] | None = call.found(answer, _named(reference))
    if session is not None and not call.console.json:
        call.console.line((f"as it was at number {at['at']}:", "dim"))
        then = {"permissions": [], "timers": [], "status": f"was {session.get('status')}"}
        lines = session_lines({**session, **then}, datetime.now(UTC), call.console.columns)
        call.console.lines(lines)
    return session


def _found(call: Call, reference: str) -> dict[str, Any] | None:
    """The session with how its directory is now, printed at once when JSON is wanted."""
    answer = call.ask({"type": "get-session", "session": reference})
    session = answer.get("data")
    if session is not None:
        look = call.ask({"type": "get-worktree", "session": session["id"]}).get("data") or {}
        answer["data"] = {**session, "location": look.get("location"), "worktree": look}
    found: dict[str, Any] | None = call.found(answer, _named(reference))
    return found


def _wrong(status: dict[str, Any], session: dict[str, Any]) -> list[str]:
    """Why nothing can be done in it, which its record does not know."""
    failed = (status.get("store") or {}).get("quarantined") or []
    return [str(each.get("reason")) for each in failed if each.get("session_id") == session["id"]]


def _history(call: Call) -> int:
    reference, at = split_number(call.values["session"])
    asked = {"type": "get-history", "session": reference, **at}
    history = call.found(call.ask(asked), _named(reference))
    if history is None:
        return FAILED
    rounds = history.get("rounds") or []
    for entry in rounds:
        call.console.lines(round_lines(entry))
    if not rounds and at:
        call.console.line((f"nothing was said up to number {at['at']}", "dim"))
    elif not rounds and not call.console.json:
        call.console.line((_beginning(call, reference), "dim"))
    return DONE


def _beginning(call: Call, reference: str) -> str:
    """How to begin; a session without a conversation would refuse what is sent to it."""
    session = call.ask({"type": "get-session", "session": reference}).get("data") or {}
    workers = session.get("workers")
    count = session.get("message_count") or 0
    put = f"no model was asked yet ({plural(count, 'message')} put in without one)"
    said = put if count else "nothing was said yet"
    if workers is None or any(worker.get("type") == "conversation" for worker in workers):
        return f"{said}; begin with: greenroom send {session.get('id') or 'SESSION'} TEXT"
    agent = next((worker for worker in workers if worker.get("type") == "agent"), None)
    if agent:
        return (
            f"{said} to a model of greenroom; what {agent.get('name')} says is on its screen:"
            f" greenroom peek {session.get('id')}/{agent.get('name')}"
        )
    return (
        f"{said}; it has no conversation; add one with: "
        f"greenroom worker add {session.get('id') or 'SESSION'} --conversation"
    )


def _named(reference: str) -> str:
    return f"session {reference!r}"


COMMANDS = {
    "ls": Command(
        _ls,
        Spec(options=[Option("--all", "archived ones too", short="-a")]),
        ("greenroom ls", "greenroom ls --json | jq -r '.data.sessions[].id'"),
    ),
    "show": Command(
        _show,
        Spec(["SESSION"]),
        (
            "greenroom show 'Fix the login'",
            "greenroom show k3v5@17    as it was at number 17, which history prints",
        ),
    ),
    "history": Command(
        _history,
        Spec(["SESSION"]),
        (
            "greenroom history 'Fix the login'",
            "greenroom history k3v5@17    what was said up to number 17",
            "The number behind a round is the one to name: greenroom fork k3v5@17",
        ),
    ),
}
