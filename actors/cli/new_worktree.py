"""`new --worktree`: its options, its part of the request, and what is told of what was made."""

from __future__ import annotations

import os.path

from actors.cli.arguments import Option
from actors.cli.failures import UsageError
from actors.cli.printable import printable
from actors.cli.worktree_view import waiting_set_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from actors.cli.console import Console

MAKING_SECONDS = 3600.0
"""A large repository may take so long to check out; the daemon gives up then."""

NO_BRANCH = ("/", ".", "~")
"""What a path begins with, and no branch can."""

OPTIONS = (
    Option(
        "--worktree",
        "in a git worktree of its own, on that branch, new or existing; else one is named",
        metavar="BRANCH",
        may_be_bare=True,
    ),
    Option("--branch", "the same, where a DIR stands behind --worktree", metavar="B"),
    Option("--base", "where a new branch begins; else the default branch", metavar="X"),
    Option("--repository", "else the one of DIR, or of this directory", metavar="DIR"),
    Option("--setup", "run the repository's own set-up command at once"),
)


def place(values: dict[str, Any]) -> dict[str, Any]:
    """The fields that say where the session works. Usage error for what contradicts itself."""
    if values["worktree"] is False:
        for name in ("branch", "base", "repository", "setup"):
            if values[name] or values[name] == "":
                raise UsageError(f"--{name} belongs to --worktree; add that, or leave it out")
        return {"location_path": _absolute(values["dir"])}
    branch, directory = _branch_and_directory(values)
    if directory and values["repository"]:
        raise UsageError("the repository is named twice, as DIR and by --repository")
    return {
        "session_type": "worktree",
        "repository": _absolute(values["repository"] or directory),
        "branch": branch,
        "base": values["base"],
        "run_setup": values["setup"] or None,
    }


def _branch_and_directory(values: dict[str, Any]) -> tuple[str | None, str | None]:
    """What stands behind --worktree is its branch, unless that is named too or it cannot be one."""
    said, branch, directory = values["worktree"], values["branch"], values["dir"]
    if said is True:
        return branch, directory
    if branch is None and not said.startswith(NO_BRANCH):
        return said, directory
    if directory:
        what = "the branch" if branch else "the directory"
        raise UsageError(f"{what} is named twice: {said!r} stands behind --worktree too")
    return branch, said


def _absolute(directory: str | None) -> str:
    return os.path.abspath(directory or ".")  # noqa: PTH100 - no pathlib here


def tell(console: Console, session: dict[str, Any], *, asked_for: bool = False) -> None:
    """Where it is, and what of its set-up is still to be done or was left out. `asked_for`: its
    command was to be run.
    """
    if session.get("type") != "worktree":
        return
    begun = "from" if session.get("made_branch") else "as it was, against"
    base = session.get("base_branch") or str(session.get("base_commit"))[:12]
    console.line(f"branch {printable(str(session.get('branch')))}, {begun} {printable(base)}")
    console.line(printable(str(session.get("worktree_path"))))
    set_up = session.get("set_up") or {}
    for note in set_up.get("notes") or []:
        console.note(printable(note), "warn")
    waits = waiting_set_up(session)
    if waits:
        console.advise(f"the repository's set-up waits: {waits}")
    elif set_up.get("command"):
        name = [w["name"] for w in session["workers"] if w["name"].startswith("setup")][-1]
        console.advise(f"the set-up runs; see: greenroom output {session['id']}/{name}")
    elif asked_for:
        console.note("there is no set-up command to run", "warn")
