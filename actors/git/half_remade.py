"""Takes back what a restore made that was cut off: the worktree, and the branch if it made that.

Known by the lock reason that a worktree has until all of it is in place, and by the first and only
line of the branch's reflog. Files that somebody wrote there are kept first, and where somebody has
committed, all stays.
"""

import shutil
from pathlib import Path

from actors.git import branch_settings, unsaved
from actors.git.command import Git
from actors.git.links import taken_at
from actors.git.names import unescaped
from actors.git.repository import commit_of
from actors.git.worktrees import administrations, is_whole, points_to, remove_empty
from storage.records.removal import RemovedWorktree
from storage.records.worktree import lock_reason


def reason_of(session_id: str) -> str:
    """Why it is locked until it is whole."""
    return lock_reason(f"restoring {session_id}")


def branch_note(session_id: str, removed: RemovedWorktree) -> str:
    """The line in the reflog of a branch that this restore made, and no earlier one."""
    return f"{reason_of(session_id)} of {removed.ref.rpartition('/')[2]}"


def undone(git: Git, session_id: str, removed: RemovedWorktree) -> str | None:
    """None, or what stays or was kept, and why. Doing it twice is doing it once.

    GitFailed, OSError: then it is still to be done.
    """
    home, path = git.at(Path(removed.repository)), Path(removed.path)
    if not home.directory.is_dir():
        return f"{home.directory} has gone; {path} stays as it is" if path.exists() else None
    common = Path(home.ask("rev-parse", "--path-format=absolute", "--git-common-dir"))
    kept = None
    for own in administrations(common, reason_of(session_id)):
        if points_to(path, own):
            here = home.at(path)
            if commit_of(here, "HEAD") not in {None, removed.head, removed.commit}:
                return f"somebody has committed in {path} since; it stays"
            if is_whole(own):
                kept = unsaved.kept(here, session_id)
            shutil.rmtree(path)
        shutil.rmtree(own)
    remove_empty(path, path.parent)
    _drop_branch(home, session_id, removed)
    return kept


def _drop_branch(git: Git, session_id: str, removed: RemovedWorktree) -> None:
    """Only one that the restore made, that still is where it began, and nobody has checked out."""
    if removed.branch is None or removed.head is None:
        return
    branch = unescaped(removed.branch)
    full = f"refs/heads/{branch}"
    if commit_of(git, full) is not None:
        if taken_at(git, branch) is not None:
            return
        told = git.run("log", "--walk-reflogs", "--format=%gs", full, "--").text.splitlines()
        if told != [branch_note(session_id, removed)]:
            return
        if git.run("update-ref", "--no-deref", "-d", full, removed.head).status != 0:
            return
    settings = branch_settings.of(git, branch)
    if settings and settings == removed.branch_settings:
        git.run("config", "--local", "--remove-section", f"branch.{branch}")
