"""A worktree that is to be made for a session, and what is done in it at first."""

from typing import Literal

from msgspec import Struct


class WorktreePlan(Struct, frozen=True, kw_only=True):
    """What is made for session `session_id`, and how what was made of it is known again.

    `repository` is the main working tree (of a bare repository: itself), `common_dir` where git
    keeps what all its worktrees share. `start` is the commit that is checked out; `branch` begins
    there if `makes_branch`, and then follows `upstream`, a branch of a remote, if there is one.
    `base_commit` is what its changes are told against, `base_branch` the name of the branch that
    this was on, if any. `is_unborn`: the repository has no commit yet, and `branch` begins with the
    first one; `start` is a snapshot then, and `base_commit` empty. `number` is the lowest, from 1,
    that no other worktree session of the repository has.
    """

    session_id: str
    repository: str
    common_dir: str
    worktree_path: str
    branch: str
    makes_branch: bool
    start: str
    base_commit: str
    base_branch: str | None = None
    upstream: str | None = None
    number: int = 1
    is_unborn: bool = False

    @property
    def reason(self) -> str:
        return lock_reason(self.session_id)


def lock_reason(session_id: str) -> str:
    """Why git lists a worktree as locked: this says that it is ours, and whose."""
    return f"greenroom {session_id}"


class SetUp(Struct, frozen=True, kw_only=True):
    """What a new worktree was given, and what is still to be run in it.

    `source`: whether the repository says so, or the workspace of greenroom. `command` sets it up,
    `cleanup` is run before it is removed; both are argument lists. What a repository says is run
    only when it is `trusted`. `notes`: what was left out, a sentence each.
    """

    source: Literal["repository", "workspace"]
    command: tuple[str, ...] | None = None
    cleanup: tuple[str, ...] | None = None
    trusted: bool = False
    files: int = 0
    notes: tuple[str, ...] = ()


class MadeWorktree(Struct, frozen=True, kw_only=True):
    """What was made. `set_up` is None where nothing says how to set it up."""

    plan: WorktreePlan
    set_up: SetUp | None = None
