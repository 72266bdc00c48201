"""`delete`: end a session's workers and put it into the trash, its worktree too when that is safe.

What would be lost is listed, with what to do about it; what was removed, with how to undo it.
"""

from __future__ import annotations

from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, FAILED, Call, Command
from actors.cli.failures import RefusedError, UsageError

Json = dict[str, Any]

REMOVAL_SECONDS = 1800.0
"""A large worktree is read whole before it goes."""
FLAGS = {"keep_worktree": "--keep-worktree", "force": "--force", "delete_branch": "--delete-branch"}
SHOWN = 10


def _delete(call: Call) -> int:
    reference = call.values["session"]
    if not reference:
        raise UsageError("SESSION is empty")
    wanted = {name: True for name in FLAGS if call.values[name]}
    if wanted.get("keep_worktree") and len(wanted) > 1:
        raise UsageError("--keep-worktree leaves worktree and branch alone; leave out the others")
    request = {"type": "delete-session", "session": reference, **wanted}
    try:
        answer = call.ask(request, longer_by_seconds=REMOVAL_SECONDS)
    except RefusedError as error:
        if not call.console.json:
            _say_reasons(call, error)
        raise
    data = call.found(answer, f"session {reference!r}")
    if data is None:
        return FAILED
    if data.get("deleted") is False:
        seen = "see: greenroom ls, or greenroom trash"
        text = f"session {reference!r} not found, so nothing was deleted; {seen}"
        call.console.error(text)
        return FAILED
    call.console.line((str(data.get("title") or reference), "bold"), " is deleted")
    worktree = data.get("worktree")
    if worktree:
        _say_worktree(call, worktree)
        call.console.advise(f"undo it with: greenroom restore {reference!r}")
    return DONE


def _say_reasons(call: Call, refused: RefusedError) -> None:
    """Each with what it is about; the sentence itself follows as the error."""
    error = refused.refusal.get("error") or {}
    for reason in (error.get("data") or {}).get("reasons") or []:
        call.console.note(reason["message"], "warn")
        named = reason.get("examples") or []
        for each in named[:SHOWN]:
            call.console.note(f"  {each}")
        left = reason.get("count", 0) - len(named[:SHOWN])
        if named and left > 0:
            call.console.note(f"  and {left} more")


def _say_worktree(call: Call, worktree: Json) -> None:
    if not worktree.get("removed"):
        call.console.note(f"the worktree {worktree['path']} stays: {worktree['why']}")
        return
    branch = worktree.get("branch")
    call.console.line(f"its worktree {worktree['path']} is removed")
    notes = worktree.get("notes") or []
    if branch and not any(each.startswith(f"the branch {branch} stays") for each in notes):
        what = "is deleted" if worktree.get("branch_deleted") else "stays"
        call.console.line(f"its branch {branch} {what}")
    ignored, count = worktree.get("ignored") or [], worktree.get("ignored_count") or 0
    if count:
        more = f" and {count - len(ignored)} more" if count > len(ignored) else ""
        names = ", ".join(ignored)
        call.console.line(f"gone for good, for git ignores them: {names}{more}")
    for note in notes:
        call.console.note(note, "warn")
    call.console.line(f"all else is kept in {worktree['ref']}", " of ", worktree["repository"])


COMMANDS = {
    "delete": Command(
        _delete,
        Spec(
            ["SESSION"],
            [
                Option("--keep-worktree", "leave its worktree where it is"),
                Option("--force", "remove it although it is not safe; a copy is kept"),
                Option("--delete-branch", "its branch too, if it is merged"),
            ],
        ),
        (
            "greenroom delete 'Fix the login'",
            "greenroom delete 'Fix the login' --delete-branch",
            "A worktree goes only when nothing is lost by that: no change without a commit, no",
            "commit that is nowhere else, nobody at work in it. Else you are told what it is.",
            "It lies in the trash, whole, until you purge it: greenroom restore brings it back,",
            "with its worktree.",
        ),
    )
}
