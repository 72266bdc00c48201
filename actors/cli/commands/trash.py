"""`trash`, `restore`, `purge`: deleted sessions, until they are gone for good.

The listing reads files, with or without a daemon; what changes anything is asked of the daemon.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from actors.cli.arguments import Option, Spec, number
from actors.cli.command import DONE, FAILED, Call, Command, accepted
from actors.cli.drawing import shortened, table_lines
from actors.cli.failures import CommandError, UsageError
from actors.cli.phrases import local, plural, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from actors.cli.console import Span

Json = dict[str, Any]

HEADINGS = ("NAME", "TITLE", "TYPE", "DELETED", "SIZE", "")
TITLE_LIMIT = 40


def _trash(call: Call) -> int:
    entries = _listed(call)
    if call.console.json:
        answer = {"id": None, "type": "list-trash", "ok": True, "data": {"sessions": entries}}
        call.console.value(answer)
        return DONE
    if not entries:
        call.console.line(("the trash is empty", "dim"))
        return DONE
    call.console.lines(table_lines(HEADINGS, [_row(entry) for entry in entries]))
    total = size(sum(entry["bytes"] for entry in entries))
    call.console.advise(
        f"{plural(len(entries), 'session')}, {total};"
        " bring one back with: greenroom restore NAME; free the space with: greenroom purge NAME"
    )
    return DONE


def _listed(call: Call) -> list[Json]:
    from storage import codec, trash
    from storage.data_dir import DataDir

    if not Path(call.data).is_dir():
        raise CommandError(f"there is no directory {call.data}; name another with --data")
    entries: list[Json] = codec.builtins(trash.listing(DataDir(Path(call.data))))
    return entries


def _row(entry: Json) -> list[Span]:
    return [
        (entry["name"], ""),
        (shortened(entry["title"] or "", TITLE_LIMIT), "bold"),
        (entry["type"] or "", ""),
        (local(entry["deleted_at"]), ""),
        (size(entry["bytes"]), ""),
        (shortened(entry["problem"] or "", 2 * TITLE_LIMIT), "bad"),
    ]


def _restore(call: Call) -> int:
    reference = call.values["session"]
    answer = _ask(call, {"type": "restore-session", "session": reference})
    session = call.found(answer, f"session {reference!r}")
    if session is None:
        return FAILED
    say_taken_in(call, session, "is back")
    worktree = session.get("worktree") or {}
    if worktree.get("made_again"):
        call.console.line(f"its worktree {worktree['path']} is there again")
    for note in worktree.get("notes") or []:
        call.console.note(note, "warn")
    return DONE


def _ask(call: Call, request: Json) -> Json:
    """As `call.ask`, for work on files that takes as long as it takes."""
    with call.connect(request["type"]) as connection:
        return accepted(connection.ask(request, timeout_seconds=None))


def say_taken_in(call: Call, session: Json, what: str) -> None:
    """A session that came from the trash or from elsewhere: how to go on with it."""
    identity = session.get("id")
    call.console.advise(
        (str(session.get("title")), "bold"),
        (f" {identity}", "dim"),
        f" {what}, stopped; start it with: greenroom run {identity}",
    )
    if not session.get("location_exists", True):
        place = session.get("location_path")
        helps = "make it first"
        if session.get("type") == "worktree":
            helps = f"what brings it back: greenroom show {identity}"
        call.console.note(f"its directory {place} does not exist here; {helps}", "warn")


def _purge(call: Call) -> int:
    request = _purge_request(call)
    unsure = request.get("all") and not call.values["yes"]
    if unsure and (entries := _listed(call)):
        total = size(sum(entry["bytes"] for entry in entries))
        raise UsageError(
            f"{plural(len(entries), 'session')} ({total}) would be gone for good;"
            " if you mean it: greenroom purge --all --yes"
        )
    answer = _ask(call, request)
    if call.console.json:
        call.console.value(answer)
    data = answer["data"]
    for each in data["purged"]:
        call.console.line(f"{each['name']} is gone")
    call.console.line(
        f"{plural(len(data['purged']), 'session')} purged, {size(data['bytes'])} freed"
    )
    return DONE


def _purge_request(call: Call) -> Json:
    values = call.values
    named = [values["session"] is not None, values["older_than"] is not None, values["all"]]
    if sum(named) != 1:
        raise UsageError("name one of SESSION, --older-than DAYS and --all")
    if values["session"] is not None:
        return {"type": "purge-session", "session": values["session"]}
    if values["all"]:
        return {"type": "purge-session", "all": True}
    days = number(values["older_than"], "--older-than", 0, least=0)
    return {"type": "purge-session", "older_than_days": days}


COMMANDS = {
    "trash": Command(
        _trash,
        examples=("greenroom trash", "greenroom trash --json | jq -r '.data.sessions[].name'"),
    ),
    "restore": Command(
        _restore,
        Spec(["SESSION"]),
        (
            "greenroom restore 'Fix the login'",
            "greenroom restore k3v5w2hq7abc-17    by its name in the trash",
            "It comes back stopped, with its messages, history and terminal output, and with its",
            "worktree and branch as they were. What git ignored there is not kept.",
        ),
    ),
    "purge": Command(
        _purge,
        Spec(
            ["SESSION?"],
            [
                Option("--older-than", "what was deleted so long ago", metavar="DAYS"),
                Option("--all", "everything in the trash"),
                Option("--yes", "together with --all: yes, all of it", short="-y"),
            ],
        ),
        (
            "greenroom purge 'Fix the login'",
            "greenroom purge --older-than 30",
            "greenroom purge --all --yes",
            "Only what lies in the trash goes, and it goes for good.",
        ),
    ),
}
