"""The files as they were when a round ended, kept as `refs/greenroom/<session>/<n>` for good.

`n` is the number of the journal's line that ended the round. When one is kept, and what it is good
for, is for the callers.
"""

from pathlib import Path

from msgspec import Struct

from actors.git.command import Git, GitFailed
from actors.git.snapshot import keep, snapshot

REFS = "refs/greenroom"


class KeptTree(Struct, frozen=True):
    """`commit` is one of `snapshot`."""

    n: int
    commit: str


def ref_of(session_id: str, n: int) -> str:
    return f"{REFS}/{session_id}/{n}"


def is_in_repository(directory: Path) -> bool:
    """Whether git might say so; known by a look at names alone, without running it. OSError."""
    return any((place / ".git").exists() for place in (directory, *directory.parents))


def keep_tree(git: Git, session_id: str, n: int) -> KeptTree:
    """Of the whole worktree that `git` is in, as it is now. GitFailed, OSError."""
    made = snapshot(git, f"greenroom: {session_id} at number {n}")
    keep(git, ref_of(session_id, n), made.commit)
    return KeptTree(n, made.commit)


def kept_trees(git: Git, session_id: str, at: int) -> list[KeptTree]:
    """Those of the session's numbers up to `at`, in their order. GitFailed, OSError."""
    prefix = f"{REFS}/{session_id}/"
    found = []
    for line in git.ask("for-each-ref", "--format=%(objectname) %(refname)", prefix).splitlines():
        commit, _, ref = line.partition(" ")
        name = ref.removeprefix(prefix)
        if name.isdecimal() and int(name) <= at:
            found.append(KeptTree(int(name), commit))
    return sorted(found, key=lambda tree: tree.n)


def hand_on(git: Git, trees: list[KeptTree], session_id: str) -> None:
    """The same under the name of another session, all or none. GitFailed, OSError."""
    lines = "".join(f"update {ref_of(session_id, each.n)} {each.commit}\n" for each in trees)
    _all_or_none(git, lines)


def forget(git: Git, session_id: str) -> None:
    """Those of a session that never came to be, or is gone for good. GitFailed, OSError."""
    prefix = f"{REFS}/{session_id}/"
    names = git.ask("for-each-ref", "--format=%(refname)", prefix).splitlines()
    kept = (name for name in names if name.removeprefix(prefix).isdecimal())
    _all_or_none(git, "".join(f"delete {name}\n" for name in kept))


def _all_or_none(git: Git, lines: str) -> None:
    if not lines:
        return
    done = git.run("update-ref", "--stdin", stdin=lines.encode())
    if done.status != 0:
        raise GitFailed(done.status, done.error or "the refs could not be written")
