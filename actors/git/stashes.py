"""Which stashes were made in a worktree. They are the whole repository's, and stay with that.

Git says of each only on which branch it was made, and not even that if somebody gave it words of
his own by `git stash store`. So of some nobody can tell.
"""

import re

from msgspec import Struct

from actors.git.command import Git
from actors.git.names import shown

_ON = re.compile(r"(?:WIP on|On) ([^: ]+|\(no branch\)): .*", re.DOTALL)
_NO_BRANCH = "(no branch)"
_MOVED = "checkout: moving from "


class Stashes(Struct, frozen=True):
    """As git lists them. `here`: made on a branch of the worktree; `perhaps`: by the commit that
    they were made on, and by their branch, they may have been made in it.
    """

    here: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()


def stashes(git: Git, branches: set[str]) -> Stashes:
    """In the worktree that `git` is in; `branches`: those that are its own. GitFailed."""
    if git.run("rev-parse", "--verify", "--quiet", "refs/stash").status != 0:
        return Stashes()
    been, moves = _been(git)
    known = set(git.ask("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/").split("\n"))
    told = git.ask("log", "--walk-reflogs", "-z", "--format=%gd%x09%P%x09%gs", "refs/stash", "--")
    here, perhaps = [], []
    for entry in filter(None, told.split("\0")):
        name, parents, text = entry.split("\t", 2)
        found = _ON.fullmatch(text)
        branch = found[1] if found else None
        is_on_commit = parents.split(" ")[0] in been
        if branch in branches or (branch == _NO_BRANCH and is_on_commit):
            here.append(shown(f"{name}: {text}"))
        elif (is_on_commit or not been) and not (branch in known and not _was_here(branch, moves)):
            perhaps.append(shown(f"{name}: {text}"))
    return Stashes(tuple(here), tuple(perhaps))


def _been(git: Git) -> tuple[set[str], list[str]]:
    """The commits that were checked out here, and what git says of each change of branch."""
    told = git.run("log", "--walk-reflogs", "-z", "--format=%H%x09%gs", "HEAD", "--").text
    pairs = [entry.partition("\t") for entry in told.split("\0") if entry]
    return {commit for commit, _, _ in pairs}, [text for _, _, text in pairs]


def _was_here(branch: str | None, moves: list[str]) -> bool:
    ours = (move.removeprefix(_MOVED) for move in moves if move.startswith(_MOVED))
    return any(m.startswith(f"{branch} to ") or m.endswith(f" to {branch}") for m in ours)
