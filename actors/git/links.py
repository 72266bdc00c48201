"""How worktrees hang together: which repository one belongs to, for which session it is locked, and
where git knows the others.

A worktree that greenroom made is locked for good, and the reason says for which session; by that
it is known again wherever it is.
"""

import os
import re
from pathlib import Path
from shlex import quote

from msgspec import Struct

from actors.git.command import Git
from actors.git.plain_files import text_of
from actors.git.repository import ListedWorktree, listed
from storage.records.session import WorktreeSession
from storage.records.worktree import lock_reason

_OURS = lock_reason("")


class Link(Struct, frozen=True):
    """`common`: the directory of git's own files that it shares with its repository; where they
    were, if they are not there any more. `session_id`: whom it is locked for, if for a session.
    `name`: that of the worktree among git's own files, which it keeps wherever it is moved.
    """

    common: Path
    is_whole: bool
    session_id: str | None = None
    name: str = ""


def session_of(reason: str) -> str | None:
    """The session that a lock with this reason is for."""
    return reason.removeprefix(_OURS).strip() if reason.startswith(_OURS) else None


def link_of(path: Path) -> Link | None:
    """By the `.git` file of a worktree; None if it has none, as a repository's own files."""
    text = text_of(path / ".git")
    if text is None or not text.startswith("gitdir: "):
        return None
    own = path / text.removeprefix("gitdir: ").removesuffix("\n")
    told = text_of(own / "commondir")
    if told is None:
        common = own.parent.parent if own.parent.name == "worktrees" else own
        return Link(common, (own / "HEAD").exists())
    reason = text_of(own / "locked") or ""
    common = Path(os.path.normpath(own / told.removesuffix("\n")))
    return Link(common, (common / "HEAD").exists(), session_of(reason), own.name)


def noted_at(link: Link) -> Path | None:
    """Where git has noted that the worktree is; None if it is not one beside the main one."""
    own = link.common / "worktrees" / link.name
    told = text_of(own / "gitdir") if link.name else None
    return (own / told.removesuffix("\n")).parent if told else None


def home_of(session: WorktreeSession, *others: Path) -> Path:
    """Where its repository is: as recorded; if that has gone, where its own worktree leads to.

    `others`: where its worktree may be besides.
    """
    recorded = Path(session.repository)
    if os.path.lexists(recorded):
        return recorded
    for path in (Path(session.worktree_path), *others):
        link = link_of(path)
        if link and link.is_whole and link.session_id == session.id:
            return link.common.parent if link.common.name == ".git" else link.common
    return recorded


def lost(repository: Path) -> str:
    """What is said of a repository that is not where a session has it, with what helps."""
    return (
        f"its repository {repository} is gone; if it was moved, move it back, or leave a link in"
        f" its place: ln -s NEW {quote(str(repository))}"
    )


def moved_to(git: Git, session: WorktreeSession) -> Path | None:
    """Where a session's worktree is now, if git knows one that is there. GitFailed, OSError."""
    there = [each for each in listed(git)[1:] if each.path.is_dir()]
    for each in there:
        if session_of(each.locked or "") == session.id:
            return each.path
    return next((each.path for each in there if _is_unlocked(each, session)), None)


def _is_unlocked(each: ListedWorktree, session: WorktreeSession) -> bool:
    """Git moves no locked one, so that somebody may have unlocked it: by its branch and name."""
    if each.locked is not None or each.branch != session.branch:
        return False
    link = link_of(each.path)
    own = re.escape(Path(session.worktree_path).name)
    return link is not None and re.fullmatch(rf"{own}\d*", link.name) is not None


def sessions_of(git: Git) -> frozenset[str]:
    """Those that worktrees of this repository are locked for. GitFailed, OSError."""
    found = (session_of(each.locked or "") for each in listed(git))
    return frozenset(each for each in found if each)


def taken_at(git: Git, branch: str, but: str = "") -> Path | None:
    """The worktree, other than `but`, in which a branch is checked out. GitFailed, OSError."""
    own = os.path.realpath(but) if but else None
    taken = (each.path for each in listed(git) if each.branch == branch)
    return next((path for path in taken if os.path.realpath(path) != own), None)


def forgotten(git: Git, path: Path) -> str | None:
    """Git is told that the worktree in `path` is gone, if it is; what git says if it does not obey.

    Twice forced: for being dirty, and for being locked. GitFailed.
    """
    words = ("worktree", "remove", "--force", "--force", "--", str(path))
    for each in listed(git)[1:]:
        if os.path.realpath(each.path) == os.path.realpath(path) and not path.exists():
            done = git.run(*words)
            if done.status != 0:
                return f"git still lists it: {done.error}"
    return None
