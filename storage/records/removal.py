"""How a worktree goes with its session: the intent, why it may not be, and what was removed."""

from typing import Literal

from msgspec import Struct

UnsafeCode = Literal[
    "uncommitted",
    "untracked",
    "conflicted",
    "under-way",
    "stash",
    "unpushed",
    "in-use",
    "nested-repository",
    "unknown",
]


class UnsafeReason(Struct, frozen=True, gc=False, kw_only=True):
    """One thing that a removal would lose or disturb. `examples`: paths, commits or processes, not
    always all of `count`. `forceable`: a recovery ref keeps it, so `force` may remove it.
    """

    code: UnsafeCode
    message: str
    examples: tuple[str, ...] = ()
    count: int = 0
    forceable: bool = True


class Removal(Struct, frozen=True, gc=False, kw_only=True):
    """The intent to remove a session's worktree. `ref` is the one that will hold all that was in
    it; `delete_branch`: its branch goes too, if it is merged. `repository`: where that was when
    it was decided, which may have moved since the session was made.
    """

    ref: str
    repository: str | None = None
    force: bool = False
    delete_branch: bool = False


class OwnRef(Struct, frozen=True, gc=False):
    """A ref that a worktree has for itself: its full `name`, and the id of what it leads to."""

    name: str
    object: str


class BranchSetting(Struct, frozen=True, gc=False):
    """`branch.<branch>.<key>` of the repository's configuration, as `remote`."""

    key: str
    value: str


class RemovedWorktree(Struct, frozen=True, gc=False, kw_only=True):
    """What was in a worktree, for making it again: `commit`, which `ref` holds, is a snapshot.

    `head` is None before the first commit, `branch` when HEAD was detached. `ignored` files are
    gone for good; of many only the first are named. `branch_deleted`: `branch` went as well.
    `branch_settings`: what was configured of it. `refs`: the worktree's own, `refs/worktree/*`.
    `notes`: what else there is to know of it, a sentence each.
    """

    path: str
    repository: str
    ref: str
    commit: str
    head: str | None = None
    branch: str | None = None
    branch_deleted: bool = False
    branch_settings: tuple[BranchSetting, ...] = ()
    refs: tuple[OwnRef, ...] = ()
    ignored: tuple[str, ...] = ()
    ignored_count: int = 0
    notes: tuple[str, ...] = ()
