"""Looks at all that the removal of a worktree could lose. Changes nothing; may wait: use the pool.

What cannot be looked at becomes the `problem` of what was seen, never an exception: whoever removes
takes it as unsafe. What it means is decided in `decisions/worktrees/safety.py`.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from actors.decisions.worktrees.safety import Nested, Seen
from actors.git.command import Git, GitFailed
from actors.git.merged import unmerged
from actors.git.names import shown
from actors.git.nested import nested_in
from actors.git.pipes import watched
from actors.git.snapshot import SNAPSHOT_SECONDS, head_of, index_copy
from actors.git.stashes import stashes
from actors.git.under_way import under_way

_KINDS = {b"?": "untracked", b"!": "ignored", b"u": "conflicted"}
_SAID, _BEGIN = 500, 80
"""So many letters are told of an error, and of a path that is too long."""
_FIELDS = {b"1": 8, b"2": 9, b"u": 10}
"""How many blanks stand before the path in a line of `status --porcelain=v2`."""


def none_put(_name: str) -> bool:
    return False


def see(
    git: Git,
    *,
    branches: tuple[str, ...] = (),
    bases: tuple[str, ...] = (),
    is_put: Callable[[str], bool] = none_put,
) -> Seen:
    """In the worktree that `git` is in.

    `branches`: those that this worktree has had besides what is checked out; `bases`: branches into
    which its own may have been merged, besides the default of the remote. `is_put`: whether a file
    that is not in git still is as the set-up put it, so that it does not count.
    """
    try:
        return _seen(watched(git), branches, bases, is_put)
    except (GitFailed, OSError) as error:
        return Seen(problem=said_of(error, git.directory))


def said_of(error: Exception, top: Path) -> str:
    """What went wrong in the worktree `top`, of some hundred letters at most."""
    path = getattr(error, "filename", None)
    if getattr(error, "errno", None) != errno.ENAMETOOLONG or not isinstance(path, str):
        return _cut(str(error), _SAID)
    begin = _cut(path.removeprefix(f"{top}/"), _BEGIN)
    return (
        f"a path in it has {len(os.fsencode(path))} bytes, more than git can take: {begin}; move"
        " or remove what lies that deep, then delete the session again"
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _seen(
    git: Git, branches: tuple[str, ...], bases: tuple[str, ...], is_put: Callable[[str], bool]
) -> Seen:
    head = head_of(git)
    branch = branch_of(git)
    with index_copy(git) as copy:
        files = _files(copy)
        nested = nested_in(git.at(copy.directory), files["untracked"])
    untracked = [path for path in files["untracked"] if not (path.endswith("/") or is_put(path))]
    files = {kind: tuple(map(shown, paths)) for kind, paths in files.items()}
    known = {each for each in (branch, *branches) if each}
    stashed = stashes(git, known)
    commits, has_remote = unmerged(git, head, branch, bases) if head else ((), False)
    return Seen(
        head=head,
        branch=branch,
        uncommitted=files["uncommitted"],
        untracked=tuple(map(shown, untracked)),
        conflicted=files["conflicted"],
        ignored=_ignored(files["ignored"], nested),
        under_way=under_way(git),
        stashes=stashed.here,
        stashes_perhaps=stashed.perhaps,
        unpushed=commits,
        has_remote=has_remote,
        nested=nested,
    )


def _ignored(own: tuple[str, ...], nested: tuple[Nested, ...]) -> tuple[str, ...]:
    """Those of repositories within too, but for what lies in a directory that is named anyway."""
    whole = tuple(path for path in own if path.endswith("/"))
    within = (path for each in nested for path in each.ignored)
    return tuple(dict.fromkeys((*own, *(path for path in within if not path.startswith(whole)))))


def branch_of(git: Git) -> str | None:
    """What is checked out; None if that is a commit and no branch. GitFailed."""
    found = git.run("symbolic-ref", "--quiet", "HEAD")
    if found.status not in {0, 1}:
        raise GitFailed(found.status, found.error or "HEAD cannot be read")
    return found.text.removeprefix("refs/heads/") if found.status == 0 else None


def _files(git: Git) -> dict[str, tuple[str, ...]]:
    """Paths by kind; a directory has `/` at its end."""
    done = git.run(
        *("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all"),
        *("--ignored=matching", "--ignore-submodules=dirty"),  # each is looked at by `nested`
        seconds=SNAPSHOT_SECONDS,
    )
    if done.status != 0 or done.is_cut:
        raise GitFailed(done.status, done.error or "git status did not end well")
    found: dict[str, list[str]] = {
        "uncommitted": [],
        "untracked": [],
        "conflicted": [],
        "ignored": [],
    }
    for line in filter(None, done.out.split(b"\0")):
        kind = line[:1]
        path = line[2:] if kind in b"?!" else line.split(b" ", _FIELDS[kind])[-1]
        found[_KINDS.get(kind, "uncommitted")].append(os.fsdecode(path))
    return {kind: tuple(paths) for kind, paths in found.items()}
