"""Looks at the directory of a session: is it there, is it its worktree, and what does git say?

Reads only. Whatever a directory is, the answer is a look, with a sentence where something is wrong
and what helps; only a fault of ours raises. Nothing is ever taken away because it was not found.
"""

import os
import re
import stat
from datetime import datetime
from pathlib import Path
from shlex import quote

from msgspec.structs import asdict, replace

from actors.git import gone, status_report
from actors.git.command import Git, GitFailed
from actors.git.links import Link, home_of, link_of, lost, moved_to, noted_at, taken_at
from actors.git.names import escaped, shown
from actors.git.pipes import watched
from storage.records.session import Session, WorktreeSession
from storage.records.worktree_look import WorktreeLook

LOOK_SECONDS = 20.0
_NAMES = ("branch", "upstream")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def directory_of(session: Session) -> str:
    """Where its work is."""
    if isinstance(session, WorktreeSession):
        return session.worktree_path
    return session.location_path


def look(session: Session, git: Git, at: datetime) -> WorktreeLook:
    """All that can be seen of it now. `git` may be in any directory."""
    found = place(session, git, at)
    if found.location == "there" and not found.problem:
        found = _with_git(found, git.at(Path(found.path)))
        if isinstance(session, WorktreeSession):
            found = _with_base(session, found, git)
    return _told(found)


def _told(seen: WorktreeLook) -> WorktreeLook:
    """In text that any encoder takes: names that git has may be any bytes."""
    texts = {name: shown(value) for name, value in asdict(seen).items() if isinstance(value, str)}
    names = {name: escaped(value) for name in _NAMES if (value := getattr(seen, name))}
    return replace(seen, **{**texts, **names})


def place(session: Session, git: Git, at: datetime) -> WorktreeLook:
    """Whether its directory is there, and a worktree its own; else with the `problem`."""
    found = location(directory_of(session), at)
    if found.location == "gone" and isinstance(session, WorktreeSession):
        return _missing(session, git, found)
    return _linked(session, git, found) if found.location == "there" else found


def location(path: str, at: datetime) -> WorktreeLook:
    """Whether there is a directory, and no more."""
    try:
        mode = Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return WorktreeLook(path=path, location="gone", problem=f"{path} is gone", looked_at=at)
    except (OSError, ValueError) as error:
        text = f"{path} cannot be looked at: {getattr(error, 'strerror', None) or error}"
        return WorktreeLook(path=path, location="unknown", problem=text, looked_at=at)
    if stat.S_ISDIR(mode):
        return WorktreeLook(path=path, location="there", looked_at=at)
    text = f"{path} is no directory any more"
    return WorktreeLook(path=path, location="gone", problem=text, looked_at=at)


def _missing(session: WorktreeSession, git: Git, found: WorktreeLook) -> WorktreeLook:
    """Moved, if git knows where to; else what there still is of it."""
    home = Path(session.repository)
    try:
        new = moved_to(git.at(home), session)
        rest = "" if new else gone.told(git.at(home), session)
    except (GitFailed, OSError) as error:
        why = lost(home) if not home.is_dir() else f"its repository {home} cannot be read: {error}"
        return replace(found, problem=f"{found.problem}, and {why}")
    if new is not None:
        shown = str(new)
        text = (
            f"it was moved to {shown}; move it back with: git -C {quote(session.repository)} "
            f"worktree move -f -f {quote(shown)} {quote(found.path)}"
        )
        return replace(found, location="moved", moved_to=shown, problem=text)
    return replace(found, problem=f"{found.problem}{rest}")


def _linked(session: Session, git: Git, found: WorktreeLook) -> WorktreeLook:
    """Whether it belongs to a repository that is there, and a worktree to its session."""
    path = Path(found.path)
    link = link_of(path)
    if link and not link.is_whole:
        text = (
            f"its repository is no longer at {link.common}; if it was moved, run in its new place: "
            f"git worktree repair {quote(str(path))}"
        )
        return replace(found, problem=text)
    if not isinstance(session, WorktreeSession):
        return found
    if link is None:
        text = (
            f"{path} is no worktree any more; what was its worktree was removed or replaced: move"
            " what is there away, then greenroom show names the command that makes it again"
        )
        return replace(found, location="not-ours", problem=text)
    text = _whose(session, git, link)
    return replace(found, location="not-ours", problem=text) if text else found


def _whose(session: WorktreeSession, git: Git, link: Link) -> str:
    """Says whose it is if not the session's; empty if it is."""
    path, noted = session.worktree_path, noted_at(link)
    if noted is None:
        return f"{path}/.git leads to {link.common}, which is no worktree's; put back what it said"
    if link.session_id in {None, session.id} and os.path.realpath(noted) != os.path.realpath(path):
        text = f"{path}/.git is that of the worktree in {noted}; if it was moved by hand"
        return f"{text}: git worktree repair {quote(path)}"
    if link.session_id == session.id:
        return ""
    if link.session_id:
        text = f"{session.worktree_path} is the worktree of session {link.session_id}"
        return f"{text}; move that away with: git worktree move -f -f {quote(path)} NEW"
    try:
        words = ("rev-parse", "--path-format=absolute", "--git-common-dir")
        common = git.at(home_of(session)).ask(*words)
    except (GitFailed, OSError) as error:
        return f"its repository {session.repository} cannot be read: {error}"
    if os.path.realpath(common) == os.path.realpath(link.common):
        return ""
    return f"{session.worktree_path} is a worktree of {link.common}, not of {session.repository}"


def _with_git(found: WorktreeLook, git: Git) -> WorktreeLook:
    """With what git says of the directory; of one without git, nothing."""
    git = watched(git)
    try:
        if git.run("rev-parse", "--git-dir", seconds=LOOK_SECONDS).status != 0:
            return found  # of no repository
        if git.run("rev-parse", "--is-inside-work-tree", seconds=LOOK_SECONDS).text != "true":
            return replace(found, problem=f"{found.path} is a repository without files of its own")
        done = git.run(*status_report.WORDS, seconds=LOOK_SECONDS)
        if done.status != 0:
            return replace(found, problem=f"git status failed: {done.error}")
        report = status_report.parsed(done.out)
        named = git.run("symbolic-ref", "--quiet", "HEAD") if report.branch is None else None
    except (GitFailed, OSError, ValueError) as error:
        return replace(found, problem=f"git says nothing of {found.path}: {error}")
    seen = replace(found, **asdict(report), is_detached=report.branch is None)
    if named is not None and named.status == 0:  # a branch of the name "(detached)"
        seen = replace(seen, branch=named.text.removeprefix("refs/heads/"), is_detached=False)
    return seen


def _with_base(session: WorktreeSession, seen: WorktreeLook, git: Git) -> WorktreeLook:
    """With where it is against its base, and whether it is on its own branch."""
    here, base = git.at(Path(seen.path)), session.base_commit
    seen = replace(seen, base=base, base_branch=session.base_branch)
    try:
        if seen.head and base and _COMMIT.fullmatch(base):
            range_ = f"{base}...HEAD"
            done = here.run("rev-list", "--left-right", "--count", range_, seconds=LOOK_SECONDS)
            if done.status == 0:
                behind, ahead = map(int, done.text.split())
                seen = replace(seen, ahead_of_base=ahead, behind_base=behind)
        if seen.problem is None and session.branch and session.branch != seen.branch:
            seen = replace(seen, problem=_elsewhere(session.branch, seen, here))
    except (GitFailed, OSError, ValueError) as error:
        return replace(seen, problem=seen.problem or f"git says nothing of its base: {error}")
    return seen


def _elsewhere(branch: str, seen: WorktreeLook, git: Git) -> str:
    on = f"on branch {seen.branch}" if seen.branch else "on no branch (detached HEAD)"
    taken = taken_at(git, branch)
    where = f", which is checked out in {taken}" if taken else ""
    return f"it is {on}, not on its own branch {branch}{where}"
