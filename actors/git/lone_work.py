"""What a repository within a worktree has in git's own files that no remote of it is known to have.

Whatever leads to a commit counts: refs of any kind, the reflogs, notes as `ORIG_HEAD`. So does what
is under way, and what greenroom keeps there for another session. Reads only, and runs nothing that
the repository names.
"""

import os
import re
from pathlib import Path

from actors.decisions.deletion import RECOVERY
from actors.git.command import Git
from actors.git.names import shown
from actors.git.own_refs import lonely, noted
from actors.git.repository import listed
from actors.git.snapshot import head_of
from actors.git.under_way import under_way

_OURS = "refs/greenroom/"
_TAGS = "refs/tags/"
_CLONED = re.compile(r"HEAD@\{(\d+)\} clone: from .*", re.DOTALL)


def lone_work(git: Git) -> str | None:
    """The first thing that would be lost with the repository that `git` is in, a phrase; None if
    there is nothing. GitFailed, OSError.
    """
    busy = under_way(git)
    if busy:
        return f"git is in the middle of something there: {busy[0]}"
    if _is_linked(git):
        return _lone_in_worktree(git)
    if git.run("rev-parse", "--verify", "--quiet", "refs/stash").status == 0:
        return "it has a stash"
    elsewhere = _linked(git)
    if elsewhere is not None:
        return f"it has a worktree in {shown(str(elsewhere))}, which is nothing without it"
    return _kept_for_others(git) or _unpushed(git) or _lone_notes(git) or _own_tag(git)


def _kept_for_others(git: Git) -> str | None:
    """Copies of worktrees of it that were removed, and files of rounds."""
    names = git.ask("for-each-ref", "--format=%(refname)", _OURS).splitlines()
    undo = sorted({name.split("/")[3] for name in names if name.startswith(f"{RECOVERY}/")})
    if undo:
        return f"the undo of session {shown(undo[0])} lies in it; restore or purge that first"
    if names:
        session = shown(names[0].split("/")[2])
        return f"files kept of the rounds of session {session} lie in it; purge that first"
    return None


def _unpushed(git: Git) -> str | None:
    head = head_of(git)
    if git.ask("rev-list", "-n", "1", "--all", *([head] if head else []), "--not", "--remotes"):
        return "it has commits that are on no branch of a remote"
    return None


def _lone_notes(git: Git) -> str | None:
    """By all reflogs but those of the remotes' branches: what was at the tip of one came from there
    or went there.
    """
    been = git.ask("rev-list", "--walk-reflogs", "--exclude=refs/remotes/*", "--all").split()
    return _told(lonely(git, [*been, *noted(git)], ["--remotes"]))


def _lone_in_worktree(git: Git) -> str | None:
    """Of a worktree of another repository: all but what its own HEAD leads to stays with that."""
    head = head_of(git)
    own = [*([head] if head else []), *noted(git)]
    return _told(lonely(git, own, ["--branches", "--tags", "--remotes"]))


def _told(lone: list[str]) -> str | None:
    if not lone:
        return None
    return (
        f"it has commits that only its HEAD, reflog or ORIG_HEAD has, as {lone[0][:12]}; push them,"
        " or have git forget them: git reflog expire --expire=now --all;"
        " git update-ref -d ORIG_HEAD"
    )


def _own_tag(git: Git) -> str | None:
    """The first one with a text of its own that did not come with the clone: such are younger, or
    nobody knows any more when that was. Of a name alone nothing is lost. GitFailed.
    """
    told = git.ask("for-each-ref", "--format=%(objecttype) %(taggerdate:unix) %(refname)", _TAGS)
    cloned = None
    for line in told.split("\n"):
        kind, _, rest = line.partition(" ")
        if kind in {"", "commit"}:
            continue
        at, _, name = rest.partition(" ")
        cloned = _cloned_at(git) if cloned is None else cloned
        if not at.isdecimal() or int(at) >= cloned:
            tag = shown(name.removeprefix(_TAGS))
            return f"it has the tag {tag}, of which nothing here shows that a remote has it"
    return None


def _cloned_at(git: Git) -> int:
    """In seconds, by the first line of the reflog of HEAD; 0 if that does not say so."""
    words = ("log", "--walk-reflogs", "--date=unix", "--format=%gd %gs", "HEAD", "--")
    first = git.run(*words).text.rpartition("\n")[2]
    found = _CLONED.fullmatch(first)
    return int(found[1]) if found else 0


def _is_linked(git: Git) -> bool:
    """Whether it is a worktree of another repository, whose files of git stay."""
    own, common = (
        os.path.realpath(git.ask("rev-parse", "--path-format=absolute", which))
        for which in ("--git-dir", "--git-common-dir")
    )
    return own != common


def _linked(git: Git) -> Path | None:
    """A worktree that another place has of it."""
    return next((each.path for each in listed(git)[1:] if each.path.exists()), None)
