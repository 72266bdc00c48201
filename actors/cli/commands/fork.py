"""`fork`: a new session with the conversation of another, up to a round of it, and its files then.

The other one is left as it is.
"""

from __future__ import annotations

from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, FAILED, Call, Command, accepted, split_number
from actors.cli.fork_view import MID_ROUND
from actors.cli.phrases import plural
from actors.cli.worktree_view import set_up_lines

Json = dict[str, Any]


def _fork(call: Call) -> int:
    reference, at = split_number(call.values["session"])
    options = {name: call.values[name] for name in ("title", "branch")}
    request = {"type": "fork-session", "session": reference, **at}
    request |= {name: value for name, value in options.items() if value is not None}
    with call.connect("fork-session") as connection:
        answer = accepted(connection.ask(request, timeout_seconds=None))
    session = call.found(answer, f"session {reference!r}")
    if session is None:
        return FAILED
    for line in told(session, at.get("at")):
        call.console.line(line)
    for span in set_up_lines(session):
        call.console.line("set-up: ", span)
    call.console.advise((_next(session), "dim"))
    return DONE


def _next(session: Json) -> str:
    if any(worker.get("type") == "conversation" for worker in session.get("workers") or []):
        return f"go on with: greenroom send {session.get('id')} TEXT"
    return f"it has no conversation; see: greenroom worker add {session.get('id')} --help"


def told(session: Json, at: int | None) -> list[str]:
    """What it has of its origin: how much was said, and the files of which number."""
    origin = session.get("forked_from") or {}
    said = plural(session.get("message_count") or 0, "message")
    n = origin.get("n")
    earlier = f" (no later round had ended by {at})" if at not in {None, n} else ""
    whose = f"{session.get('title')} {session.get('id')} is a fork of {origin.get('session_id')}"
    lines = [f"{whose} at number {n}{earlier}, with {said}", _place(session, origin, at)]
    if not session.get("location_exists", True):
        lines.append("that directory does not exist; make it first")
    return lines


def _place(session: Json, origin: Json, at: int | None) -> str:
    if session.get("type") != "worktree":
        place = session.get("location_path")
        return f"it works in the same directory, {place}, whose files are as they are now"
    files = _files(origin, is_now=at is None)
    top, place = session.get("worktree_path"), session.get("location_path")
    below = f"; it works in {place}" if place and place != top else ""
    return f"its worktree {top}, branch {session.get('branch')}, has {files}{below}"


def _files(origin: Json, *, is_now: bool) -> str:
    """`is_now`: those of this moment were asked for."""
    tree, n = origin.get("tree_n"), origin.get("n") or 0
    if tree is None:
        return (
            "the files of its base, without commits and changes since: none of that time were kept"
        )
    if origin.get("files") == MID_ROUND:
        return "the files as they are now, in the middle of a round, for none were kept before it"
    if origin.get("files"):
        return "the files as they are now"
    if tree > n:
        files = f"the files that {origin.get('session_id')} began with"
    elif tree == n and not is_now:
        files = "the files of that time"
    else:
        files = f"the files of number {tree}, the newest that were kept by then"
    return f"{files}: a round is under way there, or its directory has gone" if is_now else files


COMMANDS = {
    "fork": Command(
        _fork,
        Spec(
            ["SESSION"],
            [
                Option("--title", "of the new session", metavar="TITLE"),
                Option("--branch", "of its worktree, if it gets one", metavar="NAME"),
            ],
        ),
        (
            "greenroom fork 'Fix the login'",
            "greenroom fork k3v5@17 --title 'The other way'",
            "Numbers are those that greenroom history prints. The other session stays as it is.",
        ),
    ),
}
