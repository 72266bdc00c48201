"""`ls`, `show`, `history`: look at sessions."""

from datetime import UTC, datetime

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, FAILED, Call, Command
from actors.cli.history_view import round_lines
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
    reference = call.values["session"]
    session = call.found(call.ask({"type": "get-session", "session": reference}), _named(reference))
    if session is None:
        return FAILED
    call.console.lines(session_lines(session, datetime.now(UTC)))
    return DONE


def _history(call: Call) -> int:
    reference = call.values["session"]
    history = call.found(call.ask({"type": "get-history", "session": reference}), _named(reference))
    if history is None:
        return FAILED
    rounds = history.get("rounds") or []
    for entry in rounds:
        call.console.lines(round_lines(entry))
    if not rounds and not call.console.json:
        call.console.line((f"nothing was said yet; {_beginning(call, reference)}", "dim"))
    return DONE


def _beginning(call: Call, reference: str) -> str:
    """How to begin; a session without a conversation would refuse what is sent to it."""
    session = call.ask({"type": "get-session", "session": reference}).get("data") or {}
    workers = session.get("workers")
    if workers is None or any(worker.get("type") == "conversation" for worker in workers):
        return f"begin with: greenroom send {session.get('id') or 'SESSION'} TEXT"
    return (
        "it has no conversation; add one with: "
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
    "show": Command(_show, Spec(["SESSION"]), ("greenroom show 'Fix the login'",)),
    "history": Command(_history, Spec(["SESSION"]), ("greenroom history 'Fix the login'",)),
}
