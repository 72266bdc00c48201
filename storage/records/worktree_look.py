"""What was last seen of a session's directory, and of the git worktree in it.

Never recorded: it is true of one moment, `looked_at`. Everything that git would say is None where
it was not asked, or could not answer; `problem` then says why, in a sentence.
"""

from typing import Literal

from msgspec import Struct

from storage.records.process import UtcTime

Location = Literal["there", "gone", "moved", "not-ours", "unknown"]


class WorktreeLook(Struct, frozen=True, gc=False, kw_only=True):
    """`location`: `gone` if nothing stands at `path`, `moved` if git knows the worktree elsewhere
    (`moved_to`), `not-ours` if what stands there is none of this session's, `unknown` if nobody
    could tell in time.

    `branch` is None on a detached HEAD, `head` before the first commit. `ahead` and `behind` count
    commits against `upstream`, `ahead_of_base` and `behind_base` against `base`, which was on
    `base_branch`. `staged`, `modified`, `untracked` and `conflicted` count as `git status`
    does, but within submodules: a directory that is untracked as a whole is one.
    """

    path: str
    location: Location
    moved_to: str | None = None
    problem: str | None = None
    branch: str | None = None
    is_detached: bool = False
    head: str | None = None
    base: str | None = None
    base_branch: str | None = None
    upstream: str | None = None
    ahead: int | None = None
    behind: int | None = None
    ahead_of_base: int | None = None
    behind_base: int | None = None
    staged: int | None = None
    modified: int | None = None
    untracked: int | None = None
    conflicted: int | None = None
    looked_at: UtcTime
