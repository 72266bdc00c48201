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
from actors.git.lone_work import lone_work
from actors.git.names import shown
from actors.git.pipes import pipe_of_git
from actors.git.snapshot import index_copy

_BARE = frozenset({"HEAD", "objects", "refs"})
_IGNORED = ("--others", "--ignored", "--exclude-standard", "--directory")
_CHANGES = ("status", "--porcelain", "--untracked-files=all", "--ignore-submodules=dirty")
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
        here, pipe = _in(git, place), pipe_of_git(place)
        if pipe is not None:
            found.append(Nested(path=shown(path), work=pipe))
            continue
        is_kept_out, ignored = path in outside, _ignored(here, path)
        found.append(
            Nested(path=shown(path), work=_work(here), is_kept_out=is_kept_out, ignored=ignored)
        )
        seen.add(here.run("rev-parse", "--absolute-git-dir").text)
    owns = (own or Path(git.ask("rev-parse", "--absolute-git-dir")), *_below(top, seen))
    found += (each for each_own in owns for each in _not_checked_out(git, each_own, seen))
    return tuple(found)


def _below(top: Path, places: set[str]) -> list[Path]:
    real = os.path.realpath(top)
    return [Path(each) for each in sorted(places) if Path(each).is_relative_to(real)]


def _not_checked_out(git: Git, own: Path, seen: set[str]) -> Iterator[Nested]:
    """Submodules of which only git's files are there, with those of what is around them."""
    modules = own / "modules"
    for module in _submodules(modules):
        if os.path.realpath(module) not in seen:
            path = f"submodule {module.relative_to(modules)}, not checked out"
            yield Nested(path=shown(path), work=_hidden_work(git, module))


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
        with index_copy(here) as copy:
            if copy.ask(*_CHANGES):
                return "it has changes that are not committed"
        return lone_work(here)
    except GitFailed as error:
        return f"git cannot tell what it has: {error}"


def _hidden_work(git: Git, own: Path) -> str | None:
    """The same of one of which only git's own files, in `own`, are there."""
    pipe = pipe_of_git(own)
    if pipe is not None:
        return pipe
    try:
        return lone_work(git.at(own).having({"GIT_DIR": str(own), "GIT_WORK_TREE": str(own)}))
    except GitFailed as error:
        return f"git cannot tell what it has: {error}"


def _ignored(here: Git, path: str) -> tuple[str, ...]:
    """What is ignored in it, by paths that begin with its own."""
    done = here.run("ls-files", *_IGNORED, "-z")
    return tuple(shown(f"{path}/{os.fsdecode(each)}") for each in done.out.split(b"\0") if each)


def _has_ignored(git: Git, path: str) -> bool:
    """Whether anything in it is ignored, and so in no copy of what is around it. GitFailed."""
    return bool(git.ask("ls-files", *_IGNORED, "--", path))


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
