"""Repositories within a worktree: submodules, clones, other worktrees. What of them would be lost?

A submodule's own files of git lie with those of the worktree, and go with them, also where it is
not checked out any more; so nothing within is safe that is not on a remote. Every directory is
walked, ignored ones too. No program that a repository within names is run.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from actors.decisions.worktrees.safety import Nested
from actors.git.command import Git, GitFailed
from actors.git.names import shown
from actors.git.repository import listed
from actors.git.snapshot import head_of

_BARE = frozenset({"HEAD", "objects", "refs"})
ENTRIES = 5_000_000
"""A worktree with more than this is not walked to its end: unknown."""


def nested_in(git: Git, untracked: tuple[str, ...], own: Path | None = None) -> tuple[Nested, ...]:
    """Below the top of a worktree, where `git` is. GitFailed, OSError.

    `own`: git's own files of the worktree, where it was renamed and git must not notice.
    """
    outside = {path.rstrip("/") for path in untracked if path.endswith("/")}
    top = git.directory
    found, seen = [], set()
    around = git if own is None else git.having({"GIT_DIR": str(own), "GIT_WORK_TREE": str(top)})
    for place in _repositories(top):
        path = str(place.relative_to(top))
        if not os.path.lexists(place / ".git"):
            if _has_ignored(around, path):
                found.append(Nested(path=shown(path), work=_hidden_work(git, place)))
            continue
        here = _in(git, place)
        found.append(Nested(path=shown(path), work=_work(here), is_kept_out=path in outside))
        seen.add(here.run("rev-parse", "--absolute-git-dir").text)
    modules = (own or Path(git.ask("rev-parse", "--absolute-git-dir"))) / "modules"
    for module in _submodules(modules):
        if os.path.realpath(module) not in seen:
            path = f"submodule {module.relative_to(modules)}, not checked out"
            found.append(Nested(path=shown(path), work=_hidden_work(git, module)))
    return tuple(found)


def _submodules(directory: Path) -> Iterator[Path]:
    """Where git keeps what it knows of each, those of submodules included."""
    if not directory.is_dir():
        return
    for place in sorted(directory.iterdir()):
        if (place / "objects").is_dir():
            yield place
            yield from _submodules(place / "modules")
        elif place.is_dir() and not place.is_symlink():
            yield from _submodules(place)


def _repositories(top: Path) -> Iterator[Path]:
    """Those with files, that have `.git`, and bare ones."""
    left = ENTRIES
    waiting = [str(top)]
    while waiting:
        directory = waiting.pop()
        names = set()
        with os.scandir(directory) as entries:
            for entry in entries:
                left -= 1
                names.add(entry.name)
                if entry.name == ".git" and directory != str(top):
                    yield Path(directory)
                elif entry.name != ".git" and entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
        if names >= _BARE and ".git" not in names and directory != str(top):
            yield Path(directory)
        if left < 0:
            raise OSError(f"{top} has more than {ENTRIES} files")


def _in(git: Git, place: Path) -> Git:
    """There and not above it, whatever place it has noted: its worktree may have been renamed."""
    above = os.path.realpath(place.parent)
    return git.at(place).having({"GIT_WORK_TREE": str(place), "GIT_CEILING_DIRECTORIES": above})


def _work(here: Git) -> str | None:
    """What is there and nowhere else. One that git cannot read is taken to have some."""
    try:
        if here.ask("rev-parse", "--show-toplevel") != os.path.realpath(here.directory):
            return "git does not take it for a repository"
        if _names_programs(here):
            return "its own configuration names programs (filters), so nobody looked into it"
        if here.ask("status", "--porcelain", "--untracked-files=all", "--ignore-submodules=dirty"):
            return "it has changes that are not committed"
        return _unpushed(here)
    except GitFailed as error:
        return f"git cannot tell what it has: {error}"


def _hidden_work(git: Git, own: Path) -> str | None:
    """The same of one of which only git's own files, in `own`, are there."""
    try:
        return _unpushed(git.at(own).having({"GIT_DIR": str(own), "GIT_WORK_TREE": str(own)}))
    except GitFailed as error:
        return f"git cannot tell what it has: {error}"


def _has_ignored(git: Git, path: str) -> bool:
    """Whether anything in it is ignored, and so in no copy of what is around it. GitFailed."""
    words = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "--", path)
    return bool(git.ask(*words))


def _names_programs(git: Git) -> bool:
    """Whether `status` would run what this repository itself names. GitFailed."""
    pattern = r"^filter\..*\.(clean|smudge|process)$"
    own = git.run("config", "--type=bool", "--get", "extensions.worktreeConfig").text == "true"
    for scope in ("--local", "--worktree") if own else ("--local",):
        told = git.run("config", scope, "--includes", "--get-regexp", pattern)
        if told.status not in {0, 1}:
            raise GitFailed(told.status, told.error or "its configuration cannot be read")
        if told.status == 0:
            return True
    return False


def _unpushed(git: Git) -> str | None:
    if git.run("rev-parse", "--verify", "--quiet", "refs/stash").status == 0:
        return "it has a stash"
    elsewhere = _linked(git)
    if elsewhere is not None:
        return f"it has a worktree in {shown(str(elsewhere))}, which is nothing without it"
    head = head_of(git)
    all_ = ("--exclude=refs/greenroom/*", "--all", *([head] if head else []))
    if git.ask("rev-list", "-n", "1", *all_, "--not", "--remotes"):
        return "it has commits that are on no branch of a remote"
    return None


def _linked(git: Git) -> Path | None:
    """A worktree that another place has of it. If it is itself one, its files of git stay."""
    own, common = (
        os.path.realpath(git.ask("rev-parse", "--path-format=absolute", which))
        for which in ("--git-dir", "--git-common-dir")
    )
    if own != common:
        return None
    return next((each.path for each in listed(git)[1:] if each.path.exists()), None)
