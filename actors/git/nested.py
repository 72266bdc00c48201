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

ENTRIES = 5_000_000
"""A worktree with more than this is not walked to its end: unknown."""


def nested_in(git: Git, untracked: tuple[str, ...]) -> tuple[Nested, ...]:
    """Below the top of a worktree, where `git` is. GitFailed, OSError."""
    outside = {path.rstrip("/") for path in untracked if path.endswith("/")}
    top = git.directory
    found, seen = [], set()
    for place in _repositories(top):
        path = str(place.relative_to(top))
        found.append(Nested(path=shown(path), work=_work(git, place), is_kept_out=path in outside))
        seen.add(git.at(place).run("rev-parse", "--absolute-git-dir").text)
    modules = Path(git.ask("rev-parse", "--absolute-git-dir")) / "modules"
    for own in _submodules(modules):
        if os.path.realpath(own) not in seen:
            path = f"submodule {own.relative_to(modules)}, not checked out"
            found.append(Nested(path=shown(path), work=_hidden_work(git, own)))
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
    left = ENTRIES
    waiting = [str(top)]
    while waiting:
        directory = waiting.pop()
        with os.scandir(directory) as entries:
            for entry in entries:
                left -= 1
                if entry.name == ".git" and directory != str(top):
                    yield Path(directory)
                elif entry.name != ".git" and entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
        if left < 0:
            raise OSError(f"{top} has more than {ENTRIES} files")


def _work(git: Git, place: Path) -> str | None:
    """What is there and nowhere else. One that git cannot read is taken to have some."""
    here = git.at(place)
    try:
        if here.ask("rev-parse", "--show-toplevel") != os.path.realpath(place):
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


def _names_programs(git: Git) -> bool:
    """Whether `status` would run what this repository itself names. GitFailed."""
    pattern = r"^filter\..*\.(clean|smudge|process)$"
    for scope in ("--local", "--worktree"):
        told = git.run("config", scope, "--includes", "--get-regexp", pattern)
        if told.status not in {0, 1}:
            raise GitFailed(told.status, told.error or "its configuration cannot be read")
        if told.status == 0:
            return True
    return False


def _unpushed(git: Git) -> str | None:
    if git.run("rev-parse", "--verify", "--quiet", "refs/stash").status == 0:
        return "it has a stash"
    if git.ask("rev-list", "-n", "1", "--branches", "--tags", "HEAD", "--not", "--remotes"):
        return "it has commits that are on no branch of a remote"
    return None


def shown(name: str) -> str:
    """As text that any encoder takes: bytes of a file name that are no UTF-8 are replaced."""
    return os.fsencode(name).decode(errors="replace")
