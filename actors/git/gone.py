"""What git still has of a worktree whose directory is gone, and what brings it back.

Looks only. Its entry among git's own files has HEAD, the index and the reflog: nothing that is
advised here takes that away, as `git worktree add --force` would.
"""

import os
from shlex import join, quote

from actors.git.command import Git
from actors.git.links import session_of, taken_at
from actors.git.repository import ListedWorktree, commit_of, listed
from storage.records.session import WorktreeSession
from storage.records.worktree import lock_reason


def told(git: Git, session: WorktreeSession) -> str:
    """To be said after that it is gone. `git` is in its repository. GitFailed, OSError."""
    entry = entry_of(git, session)
    if entry is None:
        return _without_entry(git, session)
    home = quote(str(git.directory))
    again = f"; if it was moved, run: git -C {home} worktree repair NEWPATH"
    if not os.path.lexists(entry.path):
        path = quote(str(entry.path))
        again += (
            f"; if not, make it again, with what was staged, with: mkdir -p {path} && git -C {home}"
            f" worktree repair && git -C {path} checkout-index --all"
        )
    return _committed(git, entry) + again


def entry_of(git: Git, session: WorktreeSession) -> ListedWorktree | None:
    """As git lists it, for its session or in its place. GitFailed."""
    own = os.path.realpath(session.worktree_path)
    entries = [(session_of(each.locked or ""), each) for each in listed(git)[1:]]
    for whose, each in entries:
        if whose == session.id:
            return each
    return next((e for whose, e in entries if not whose and os.path.realpath(e.path) == own), None)


def is_reached(git: Git, commit: str, *among: str) -> bool:
    """Whether a ref leads to it, one `among` these if any are named. GitFailed."""
    return bool(git.ask("for-each-ref", "--count=1", "--contains", commit, *among))


def _committed(git: Git, entry: ListedWorktree) -> str:
    if entry.branch is not None:
        if commit_of(git, f"refs/heads/{entry.branch}") is None:
            return f"; its branch {entry.branch} is gone too"
        return f"; what was committed is on {entry.branch} of {git.directory}"
    if entry.head is None or commit_of(git, entry.head) is None:
        return "; its HEAD cannot be read"
    where = f"; its HEAD was on no branch, at {entry.head}"
    if is_reached(git, entry.head, "refs/heads", "refs/remotes", "refs/tags"):
        return where
    keep = join(["git", "-C", str(git.directory), "branch", "rescue", entry.head])
    return f"{where}, which no branch has: keep that first with: {keep}"


def _without_entry(git: Git, session: WorktreeSession) -> str:
    """Git has nothing of it but its branch."""
    branch, path = session.branch, session.worktree_path
    if branch is None:
        return ""
    if commit_of(git, f"refs/heads/{branch}") is None:
        return f"; its branch {branch} of {git.directory} is gone too"
    text = f"; what was committed on its branch {branch} is in {git.directory}"
    taken = taken_at(git, branch)
    if taken:
        return f"{text}, checked out in {taken}"
    if os.path.lexists(path):
        return text
    words = ("worktree", "add", "--lock", "--reason", lock_reason(session.id))
    command = join(["git", "-C", str(git.directory), *words, path, branch])
    return f"{text}; make it again with: {command}"
