"""What git is in the middle of in a worktree, by the files that it keeps for that."""

import os
from pathlib import Path

from actors.git.command import Git

_KINDS = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase or am",
    "sequencer": "cherry-pick or revert",
}


def under_way(git: Git) -> tuple[str, ...]:
    """By their names, in order. GitFailed."""
    own = Path(git.ask("rev-parse", "--absolute-git-dir"))
    return tuple(sorted({what for name, what in _KINDS.items() if os.path.lexists(own / name)}))
