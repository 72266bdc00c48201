"""Looks at all that the removal of a worktree could lose. Changes nothing; may wait: use the pool.

What cannot be looked at becomes the `problem` of what was seen, never an exception: whoever removes
takes it as unsafe. What it means is decided in `decisions/worktrees/safety.py`.
"""

import os
from collections.abc import Callable
from pathlib import Path

from actors.decisions.worktrees.safety import Seen
from actors.git.command import Git, GitFailed
from actors.git.merged import unmerged
from actors.git.names import shown
from actors.git.nested import nested_in
from actors.git.snapshot import SNAPSHOT_SECONDS, head_of, index_copy

_UNDER_WAY = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase or am",
    "sequencer": "cherry-pick or revert",
}
_KINDS = {b"?": "untracked", b"!": "ignored", b"u": "conflicted"}
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
        return _seen(git, branches, bases, is_put)
    except (GitFailed, OSError) as error:
        return Seen(problem=str(error))


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
    commits, has_remote = unmerged(git, head, branch, bases) if head else ((), False)
    return Seen(
        head=head,
        branch=branch,
        uncommitted=files["uncommitted"],
        untracked=tuple(map(shown, untracked)),
        conflicted=files["conflicted"],
        ignored=files["ignored"],
        under_way=_under_way(git),
        stashes=_stashes(git, known),
        unpushed=commits,
        has_remote=has_remote,
        nested=nested,
    )


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


def _under_way(git: Git) -> tuple[str, ...]:
    own = Path(git.ask("rev-parse", "--absolute-git-dir"))
    return tuple(sorted({what for name, what in _UNDER_WAY.items() if (own / name).exists()}))


def _stashes(git: Git, branches: set[str]) -> tuple[str, ...]:
    """Stashes are the whole repository's; git names the branch that each was made on."""
    if git.run("rev-parse", "--verify", "--quiet", "refs/stash").status != 0:
        return ()
    been = set(git.run("log", "--walk-reflogs", "--format=%H", "HEAD", "--").text.split())
    told = git.ask("log", "--walk-reflogs", "-z", "--format=%gd%x09%P%x09%gs", "refs/stash", "--")
    found = []
    for entry in filter(None, told.split("\0")):
        name, parents, text = entry.split("\t", 2)
        is_detached = _is_on(text, "(no branch)") and parents.split(" ")[0] in been
        if is_detached or any(_is_on(text, branch) for branch in branches):
            found.append(shown(f"{name}: {text}"))
    return tuple(found)


def _is_on(text: str, branch: str) -> bool:
    return text.startswith((f"WIP on {branch}: ", f"On {branch}: "))
