"""Repositories within a worktree: submodules, clones, other worktrees. What of them would be lost?

A submodule's own files of git lie with those of the worktree, and go with them; so nothing within
is safe that is not on a remote. Every directory is walked, ignored ones too.
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
    found = []
    for place in _repositories(top):
        path = str(place.relative_to(top))
        found.append(Nested(path=shown(path), work=_work(git, place), is_kept_out=path in outside))
    return tuple(found)


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
        if here.ask("status", "--porcelain", "--untracked-files=all", "--ignore-submodules=none"):
            return "it has changes that are not committed"
        if here.run("rev-parse", "--verify", "--quiet", "refs/stash").status == 0:
            return "it has a stash"
        if here.ask("rev-list", "-n", "1", "--branches", "--tags", "HEAD", "--not", "--remotes"):
            return "it has commits that are on no branch of a remote"
    except GitFailed as error:
        return f"git cannot tell what it has: {error}"
    return None


def shown(name: str) -> str:
    """As text that any encoder takes: bytes of a file name that are no UTF-8 are replaced."""
    return os.fsencode(name).decode(errors="replace")
