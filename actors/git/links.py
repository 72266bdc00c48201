"""How worktrees hang together: which repository one belongs to, for which session it is locked, and
where git knows the others.

A worktree that greenroom made is locked for good, and the reason says for which session; by that
it is known again wherever it is.
"""

import os
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from actors.git.command import Git
from actors.git.repository import listed
from storage.records.worktree import lock_reason

_OURS = lock_reason("")
_SMALL_BYTES = 64 * 1024


class Link(Struct, frozen=True):
    """`common`: the directory of git's own files that it shares with its repository; where they
    were, if they are not there any more. `session_id`: whom it is locked for, if for a session.
    """

    common: Path
    is_whole: bool
    session_id: str | None = None


def session_of(reason: str) -> str | None:
    """The session that a lock with this reason is for."""
    return reason.removeprefix(_OURS).strip() if reason.startswith(_OURS) else None


def link_of(path: Path) -> Link | None:
    """By the `.git` file of a worktree; None if it has none, as a repository's own files."""
    text = _small_text(path / ".git")
    if text is None or not text.startswith("gitdir: "):
        return None
    own = path / text.removeprefix("gitdir: ").removesuffix("\n")
    told = _small_text(own / "commondir")
    if told is None:
        common = own.parent.parent if own.parent.name == "worktrees" else own
        return Link(common, (own / "HEAD").exists())
    reason = _small_text(own / "locked") or ""
    common = Path(os.path.normpath(own / told.removesuffix("\n")))
    return Link(common, (common / "HEAD").exists(), session_of(reason))


def _small_text(path: Path) -> str | None:
    with suppress(OSError), path.open("rb") as file:
        return os.fsdecode(file.read(_SMALL_BYTES))
    return None


def moved_to(git: Git, session_id: str) -> Path | None:
    """Where a session's worktree is now, if git knows one that is there. GitFailed, OSError."""
    return next((path for path in _locked_for(git, session_id) if path.is_dir()), None)


def _locked_for(git: Git, session_id: str) -> list[Path]:
    return [each.path for each in listed(git) if session_of(each.locked or "") == session_id]


def taken_at(git: Git, branch: str) -> Path | None:
    """The worktree in which a branch is checked out. GitFailed, OSError."""
    return next((each.path for each in listed(git) if each.branch == branch), None)
