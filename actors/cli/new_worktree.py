"""`new --worktree`: its options, its part of the request, and what is told of what was made."""

from __future__ import annotations

import os.path

from actors.cli.arguments import Option
from actors.cli.failures import UsageError
from actors.cli.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from actors.cli.console import Console

MAKING_SECONDS = 3600.0
"""A large repository may take so long to check out; the daemon gives up then."""

OPTIONS = (
    Option("--worktree", "in a git worktree of its own, on a branch of its own"),
    Option("--branch", "its branch, new or existing; else one is named", metavar="B"),
    Option("--base", "where a new branch begins; else the default branch", metavar="X"),
    Option("--repository", "else the one of DIR, or of this directory", metavar="DIR"),
    Option("--setup", "run the repository's own set-up command at once"),
)


def place(values: dict[str, Any]) -> dict[str, Any]:
    """The fields that say where the session works. Usage error for what contradicts itself."""
    if not values["worktree"]:
        for name in ("branch", "base", "repository", "setup"):
            if values[name]:
                raise UsageError(f"--{name} belongs to --worktree; add that, or leave it out")
        return {"location_path": _absolute(values["dir"])}
    if values["dir"] and values["repository"]:
        raise UsageError("the repository is named twice, as DIR and by --repository")
    return {
        "session_type": "worktree",
        "repository": _absolute(values["repository"] or values["dir"]),
        "branch": values["branch"],
        "base": values["base"],
        "run_setup": values["setup"] or None,
    }


def _absolute(directory: str | None) -> str:
    return os.path.abspath(directory or ".")  # noqa: PTH100 - no pathlib here


def tell(console: Console, session: dict[str, Any]) -> None:
    """Where it is, and what of its set-up is still to be done or was left out."""
    if session.get("type") != "worktree":
        return
    begun = "from" if session.get("made_branch") else "as it was, against"
    base = session.get("base_branch") or str(session.get("base_commit"))[:12]
    console.line(f"branch {printable(str(session.get('branch')))}, {begun} {printable(base)}")
    console.line(printable(str(session.get("worktree_path"))))
    set_up = session.get("set_up") or {}
    for note in set_up.get("notes") or []:
        console.note(printable(note), "warn")
    if set_up.get("command"):
        name = [w["name"] for w in session["workers"] if w["name"].startswith("setup")][-1]
        worker = f"{session['id']}/{name}"
        if set_up.get("trusted"):
            console.advise(f"the set-up runs; see: greenroom output {worker}")
        else:
            console.advise(f"the repository's set-up waits: greenroom run {worker} runs it")
