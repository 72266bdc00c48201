"""Deletes the branch of a worktree that was removed, where nothing is lost by that.

The branch must be the session's own and merged, nobody may have it checked out, and it must still
be where the worktree had it.
"""

from actors.git.command import Git
from actors.git.merged import is_merged
from actors.git.names import unescaped
from actors.git.repository import commit_of, listed
from storage.records.removal import RemovedWorktree


def dropped(
    git: Git, kept: RemovedWorktree, own: str | None, bases: tuple[str, ...]
) -> tuple[bool, str | None]:
    """Whether it is gone, and why not. `own`: the session's branch; `bases`: as for `is_merged`.

    GitFailed.
    """
    if kept.branch is None or kept.head is None:
        return False, "no branch was checked out in it, so none was deleted"
    branch = unescaped(kept.branch)
    full = f"refs/heads/{branch}"
    if branch != own:
        return False, f"the branch {branch} stays, for it is not the session's own"
    if commit_of(git, full) is None:
        return True, None
    holder = next((each.path for each in listed(git) if each.branch == branch), None)
    if holder is not None:
        return False, f"the branch {branch} stays, for it is checked out in {holder}"
    if not is_merged(git, branch, bases):
        return False, f"the branch {branch} stays, for it is not merged"
    if git.run("update-ref", "--no-deref", "-d", full, kept.head).status != 0:
        return False, f"the branch {branch} stays, for it was moved"
    git.run("config", "--local", "--remove-section", f"branch.{branch}")
    return True, None
