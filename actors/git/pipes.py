"""Files that git reads by their names and would wait for without end: pipes and devices.

Looked for without git: before it is run where nobody may wait, else once it takes its time.
Repositories of the user have them by accident, others to hold us up. They are looked for among
the files of a worktree, and among git's own.
"""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from actors.git.command import Git, GitFailed
from actors.git.links import link_of

SLOW_SECONDS = 1.0
"""Whatever takes git longer than this may be waiting."""
_READ = frozenset({".gitignore", ".gitattributes", ".gitmodules", ".mailmap"})
_LARGE = frozenset({"objects", "lfs", "annex"})
"""What is among git's own files and not looked through."""


def pipe_in(top: Path) -> str | None:
    """What to do about the first one below `top`, a sentence; None if there is none. OSError."""
    waiting = [str(top)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != ".git":
                        waiting.append(entry.path)
                elif entry.name in _READ and not (entry.is_symlink() or entry.is_file()):
                    return _told(entry.path)
    return None


def pipe_of_git(directory: Path) -> str | None:
    """The same of git's own files, for which it would wait when it is run there. OSError."""
    own = _own_files(directory)
    waiting = [] if own is None else [str(own)]
    while waiting:
        for entry in _entries(waiting.pop()):
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _LARGE:
                    waiting.append(entry.path)
            elif _holds_up(entry):
                return _told(entry.path)
    return None


def _own_files(directory: Path) -> Path | None:
    """Where git would find them, those of all its worktrees included; None if nowhere."""
    for place in (directory, *directory.parents):
        if (place / ".git").is_dir():
            return place / ".git"
        link = link_of(place)
        if link is not None:
            return Path(os.path.realpath(link.common))
        if (place / "HEAD").exists() and (place / "objects").is_dir():
            return place
    return None


def _entries(directory: str) -> Iterator[os.DirEntry[str]]:
    """Others may be at work there: what has just gone is none."""
    with suppress(FileNotFoundError), os.scandir(directory) as entries:
        yield from entries


def _holds_up(entry: os.DirEntry[str]) -> bool:
    """What a link leads to counts: git follows most of them."""
    try:
        mode = entry.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def _told(path: str) -> str:
    return f"{path} is a pipe or device, for which git would wait; remove it"


def watched(git: Git) -> Git:
    """The same, but that it does not wait for one: GitFailed, with what to do."""
    return git.until(_Watch(git).sees)


class _Watch:
    """Looks when git has been waited for that long, and again each time that has doubled."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._begin: float | None = None
        self._patience = SLOW_SECONDS

    def sees(self) -> bool:
        """Always False; GitFailed if there is one."""
        now = time.monotonic()
        self._begin = now if self._begin is None else self._begin
        if now - self._begin >= self._patience:
            self._patience *= 2
            found = None
            with suppress(OSError):
                found = pipe_of_git(self._git.directory) or pipe_in(self._top())
            if found is not None:
                raise GitFailed(None, found)
        return False

    def _top(self) -> Path:
        return Path(self._git.ask("rev-parse", "--show-toplevel"))
