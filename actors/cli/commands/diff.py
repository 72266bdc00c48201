"""`diff`: what changed in a session's directory since its base."""

from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, Call, Command, split_number
from actors.cli.diff_view import cut, notes, stat_lines, sum_phrase, text_lines
from actors.cli.failures import CommandError, UsageError

PATCH_BYTES = 16 << 20


def _diff(call: Call) -> int:
    reference, at = split_number(call.values["session"])
    if at:
        text = f"what is compared is what is there now; greenroom fork {reference}@{at['at']} has"
        raise UsageError(f"{text} the files of that number")
    if call.values["patch"]:
        return _patch(call, reference)
    is_stat = bool(call.values["stat"])
    diff = _asked(
        call, reference, "summary" if is_stat else "files" if call.console.json else "text"
    )
    if call.console.json:
        return DONE
    if is_stat:
        call.console.lines(stat_lines(diff))
    elif diff.get("text"):
        call.console.lines(text_lines(diff))
    else:
        call.console.line((sum_phrase(diff), "dim"))
    for note in notes(diff):
        call.console.note(note, "warn")
    return DONE


def _asked(call: Call, reference: str, form: str, **more: Any) -> Any:
    """The data of the answer, which is printed at once when JSON is wanted."""
    request = {"type": "get-diff", "session": reference, "form": form, **more}
    return call.found(call.ask(request), "diff")


def _patch(call: Call, reference: str) -> int:
    """As it is, for `git apply`; a screen would obey what a file may hold."""
    if call.console.json or call.values["stat"]:
        other = "--json" if call.console.json else "--stat"
        raise UsageError(f"--patch and {other} are two forms of the same, and not both at once")
    if call.console.is_terminal:
        text = "--patch writes to a file or a pipe alone: greenroom diff SESSION --patch > FILE"
        raise UsageError(text)
    diff = _asked(call, reference, "patch", max_bytes=PATCH_BYTES)
    if diff.get("is_cut"):
        raise CommandError(f"nothing written: {cut(diff)}")
    call.console.out.write(diff.get("text") or "")
    return DONE


COMMANDS = {
    "diff": Command(
        _diff,
        Spec(
            ["SESSION"],
            [
                Option("--stat", "the files and numbers of lines alone"),
                Option("--patch", "as it is, for git apply; to a file or a pipe"),
            ],
        ),
        (
            "greenroom diff 'Fix the login'",
            "greenroom diff 'Fix the login' --stat",
            "greenroom diff 'Fix the login' --json | jq '.data.files[].path'",
            "Files that git does not follow yet are told too; ignored ones are not.",
        ),
    )
}
