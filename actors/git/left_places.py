"""What removals of worktrees left beside the places of those, where not all of it could go.

Who may remove it is known by its name and its ref: nothing goes of which no copy is there.
"""

import os
import re
from pathlib import Path

from msgspec import Struct

from actors.decisions.deletion import RECOVERY
from actors.git.command import Git
from actors.git.emptying import emptied
from actors.git.repository import commit_of

PARKED = ".greenroom-parked-"
"""Renamed so, it may still hold what no copy does."""
REMOVING = ".greenroom-removing-"
"""Renamed so, all of it is kept, and it is being emptied."""
_NAME = re.compile(r"(\.greenroom-(?:parked|removing)-)(.+)-(\d{8}T\d+Z)")


class LeftPlace(Struct, frozen=True, order=True):
    """`ref`: what its removal was to keep all of it under; `is_kept`: it had done so."""

    path: str
    session_id: str
    ref: str
    is_kept: bool


def left_in(directory: Path) -> list[LeftPlace]:
    """Those in the directory in which worktrees are. OSError if it is there and cannot be read."""
    try:
        names = sorted(os.listdir(directory))  # noqa: PTH208 - names are all that is wanted
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for name in names:
        said = _NAME.fullmatch(name)
        if said:
            ref = f"{RECOVERY}/{said[2]}/{said[3]}"
            found.append(LeftPlace(f"{directory}/{name}", said[2], ref, said[1] == REMOVING))
    return found


def take_away(git: Git, left: LeftPlace) -> str | None:
    """Removes it if the repository that `git` is in has its copy; else why it stays.

    GitFailed, OSError.
    """
    if not left.is_kept:
        return f"{left.path} stays, for it may hold what no copy does"
    if commit_of(git, left.ref) is None:
        return f"{left.path} stays, for {left.ref} of {git.directory}, its copy, is gone"
    return emptied(Path(left.path))
