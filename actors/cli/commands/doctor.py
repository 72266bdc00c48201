"""`doctor`: looks at all that can be wrong with a greenroom, and says what to do.

Reads only; `--fix` ends the processes that workers left behind, and removes what is left of removed
worktrees of which git has a copy.

Every check is made, whatever the others found; one that fails over what it sees is a problem too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, FAILED, Call, Command
from actors.cli.doctor import proof
from actors.cli.doctor.finding import Finding, problem
from actors.cli.doctor.proof import as_json, sentence
from actors.cli.failures import CommandError
from actors.cli.phrases import plural
from actors.cli.progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from actors.cli.doctor.account import Account
    from storage.data_dir import DataDir

STYLES = {"ok": "good", "note": "warn", "problem": "bad"}


def _doctor(call: Call) -> int:
    progress = Progress(call.console, "bytes")
    proofs: list[Account] = []
    try:
        found = list(_findings(call, progress, proofs))
    finally:
        progress.end()
    counts = {state: sum(each.state == state for each in found) for state in STYLES}
    if call.console.json:
        answer = {"id": None, "type": "doctor", "ok": not counts["problem"]}
        data = {"problems": counts["problem"], "notes": counts["note"]}
        rows = [_row(each) for each in found]
        proof = as_json(proofs[0]) if proofs else None
        call.console.value({**answer, "data": {**data, "checks": rows, "processes": proof}})
    _print(call, found, counts)
    if proofs:
        call.console.line(sentence(proofs[0]))
    return FAILED if counts["problem"] else DONE


def _row(found: Finding) -> dict[str, Any]:
    return {
        "check": found.check,
        "state": found.state,
        "text": found.text,
        "next": found.next_step,
    }


def _findings(call: Call, progress: Progress, proofs: list[Account]) -> Iterator[Finding]:
    """`proofs` gets the account of the processes, as far as it could be taken."""
    from actors.cli.doctor import journals, left_trees, leftovers, orphans, place, running
    from storage.data_dir import DataDir

    root = Path(call.data)
    if not root.is_dir():
        raise CommandError(
            f"there is no directory {root}; greenroom start makes it, --data names another"
        )
    data = DataDir(root)
    status = running.status_of(call.data)
    runs = not isinstance(status, CommandError)
    yield from _made("data directory", lambda: place.findings(data))
    yield from _made("daemon", lambda: running.findings(call.data, status))
    if call.values.get("fix"):
        yield from _made("orphans", lambda: orphans.ended(call.data))
    else:
        yield from _made("orphans", lambda: orphans.findings(status))
    known = status if not isinstance(status, CommandError) else None
    yield from _made("processes", lambda: _proved(data, known, proofs))
    yield from _made("journals", lambda: journals.findings(data, progress, runs=runs))
    yield from _made("leftovers", lambda: leftovers.findings(data, runs=runs))
    fix = bool(call.values.get("fix"))
    yield from _made("worktrees", lambda: left_trees.findings(data, fix=fix))


def _proved(data: DataDir, status: dict[str, Any] | None, proofs: list[Account]) -> list[Finding]:
    proofs.append(proof.taken(data, status))
    return list(proof.findings(proofs[0], status))


def _made(check: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except OSError as error:
        text = f"{error.filename or check}: {error.strerror or error}"
        yield problem(check, text, "make it readable for yourself, then look again")


def _print(call: Call, found: list[Finding], counts: dict[str, int]) -> None:
    line = call.console.line
    width = max(len(each.check) for each in found)
    for each in found:
        line((f"{each.state:8}", STYLES[each.state]), f"{each.check:{width}}  {each.text}")
        if each.next_step:
            line((f"{'':8}{'':{width}}  do: {call.console.hint(each.next_step)}", "dim"))
    notes = plural(counts["note"], "note")
    if counts["problem"]:
        line((f"{plural(counts['problem'], 'problem')}, {notes}", "bad"))
    else:
        line((f"no problem, {notes}", "good"))


COMMANDS = {
    "doctor": Command(
        _doctor,
        Spec(
            [], [Option("--fix", "end the processes, and remove the worktrees, that are left over")]
        ),
        (
            "greenroom doctor",
            "greenroom doctor --json | jq '.data.checks[] | select(.state != \"ok\")'",
            "greenroom doctor --fix",
            "Without --fix it changes nothing. Exit status: 0 nothing is wrong, 1 something is;",
            "a process that is left over is something. The last line says whether there is one.",
        ),
    )
}
