"""What a directory of git holds just now, kept as a commit: files and index, nothing of it touched.

The user's index is copied and only the copy is worked on, so that a lock on it, a merge under way
or another git at work stands in nobody's way. The commit keeps what has no other name; a ref that
holds it is for the caller (`keep`). What is ignored, and repositories within, are left out; bytes
and rights that git would not give back are kept beside it (`exact`).
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from actors.git import exact, plain_files
from actors.git.command import Git, GitFailed
from actors.git.pipes import watched
from actors.git.scratch import scratch

SNAPSHOT_SECONDS = 600.0
INDEX_BYTES = 1 << 29
"""An index of some five million files; a larger one is no index."""
STAGES = "greenroom: the index, in stages"
"""The message of an index that held conflicts: its tree has one directory for each stage."""
_INDEX = "greenroom: the index"
_NAMES = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "greenroom"), ("EMAIL", "greenroom@localhost"))
}
_CONFIG = {
    "core.fsync": "committed,reference",
    "core.fsyncMethod": "batch",
    "core.splitIndex": "false",
    "core.safecrlf": "false",
}


class Snapshot(Struct, frozen=True):
    """`commit`: its tree is `tree`, that of all files; its parents are HEAD and a commit of the
    index. `head` is None where there is no commit yet. `left_out`: directories that are
    repositories of their own and stand in no index, with `/` at their end.
    """

    commit: str
    tree: str
    head: str | None
    left_out: tuple[str, ...] = ()


def snapshot(
    git: Git,
    message: str = "greenroom: a snapshot",
    earlier: str | None = None,
    *,
    to_compare: bool = False,
) -> Snapshot:
    """Of the whole worktree that `git` is in. GitFailed, OSError; nothing is left behind then.

    `earlier`: a commit that it holds as well, as its first parent. `to_compare`: nobody will fill
    a worktree from it, so that files as git takes them are enough.
    """
    with index_copy(git) as copy:
        head = head_of(copy)
        staged = _staged(copy)
        left_out = _add_all(copy)
        tree = _said(copy, "write-tree")
        hidden = {} if to_compare else _hidden(git.at(copy.directory))
        beside = None if to_compare else exact.kept(copy, head, tree, hidden)
        index = _index_commit(copy, staged, head, beside)
        parents = [word for each in (earlier, head, index) if each for word in ("-p", each)]
        commit = _said(copy, "commit-tree", tree, *parents, "-m", message)
    return Snapshot(commit, tree, head, left_out)


def keep(git: Git, ref: str, commit: str) -> None:
    """Gives it a name, durably, whatever had that name before. GitFailed."""
    _said(as_greenroom(git), "update-ref", "--no-deref", ref, commit)


def index_of(git: Git, commit: str) -> str:
    """The commit of the index that a snapshot holds. GitFailed if it is no snapshot."""
    parents = git.ask("log", "-1", "--format=%P", commit).split()
    if not parents or not git.ask("log", "-1", "--format=%s", parents[-1]).startswith("greenroom:"):
        raise GitFailed(None, f"{commit} is no snapshot that greenroom made")
    return parents[-1]


def has_more(git: Git, old: str, new: str) -> bool:
    """Whether `new` has a file that `old` has not, or not so. GitFailed."""
    words = ("diff-tree", "-r", "--no-renames", "--diff-filter=d", "--name-only", "--no-ext-diff")
    done = git.run(*words, f"{old}^{{tree}}", f"{new}^{{tree}}", seconds=SNAPSHOT_SECONDS)
    return done.status != 0 or bool(done.out)


def head_of(git: Git) -> str | None:
    """The commit that is checked out; None before the first. GitFailed if that cannot be told."""
    found = git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if found.status not in {0, 1}:
        raise GitFailed(found.status, found.error or "HEAD cannot be read")
    return found.text or None


@contextmanager
def index_copy(git: Git) -> Iterator[Git]:
    """At the top of the worktree, with a copy of its index, that goes in the end.

    The time of the copy is that of the original: by it git knows which files to read again. What
    git was told not to look at it does look at. GitFailed, OSError.
    """
    git = watched(git)
    top = git.at(Path(git.ask("rev-parse", "--show-toplevel")))
    index = Path(git.ask("rev-parse", "--absolute-git-dir")) / "index"
    with scratch() as own:
        copy = own / "index"
        with suppress(FileNotFoundError):
            plain_files.copy(index, copy, INDEX_BYTES)
        working = as_greenroom(top).having({"GIT_INDEX_FILE": str(copy)})
        _unhide(working)
        yield working


def as_greenroom(git: Git) -> Git:
    """Who makes its commits, and that what it writes is on the disk when it ends."""
    given = {"GIT_CONFIG_COUNT": str(len(_CONFIG)), **_NAMES}
    for number, (name, value) in enumerate(_CONFIG.items()):
        given[f"GIT_CONFIG_KEY_{number}"] = name
        given[f"GIT_CONFIG_VALUE_{number}"] = value
    return git.having(given)


def _said(git: Git, *words: str) -> str:
    return os.fsdecode(_out(git, *words)).removesuffix("\n")


def _out(git: Git, *words: str, stdin: bytes = b"") -> bytes:
    done = git.run(*words, stdin=stdin, seconds=SNAPSHOT_SECONDS)
    if done.is_cut:
        raise GitFailed(None, f"git {words[0]} said too much")
    if done.status != 0:
        raise GitFailed(done.status, done.error or f"git {words[0]} ended with {done.status}")
    return done.out


def _staged(git: Git) -> tuple[str, str]:
    """The tree of the index as it is, and the message that says how.

    One with conflicts is no tree: that has a directory for each stage.
    """
    staged = _out(git, "ls-files", "--stage", "-z")
    if not _has_conflict(staged):
        return _said(git, "write-tree"), _INDEX
    with scratch() as own:
        apart = git.having({"GIT_INDEX_FILE": f"{own}/index"})
        _out(apart, "update-index", "-z", "--index-info", stdin=_apart(staged))
        return _said(apart, "write-tree"), STAGES


def _index_commit(git: Git, staged: tuple[str, str], *parents: str | None) -> str:
    tree, message = staged
    words = [word for each in parents if each for word in ("-p", each)]
    return _said(git, "commit-tree", tree, *words, "-m", message)


def _has_conflict(staged: bytes) -> bool:
    return any(line.split(b"\t", 1)[0][-1:] != b"0" for line in staged.split(b"\0") if line)


def _apart(staged: bytes) -> bytes:
    """The lines of `ls-files --stage`, each path under the number of its stage."""
    moved = []
    for line in filter(None, staged.split(b"\0")):
        what, path = line.split(b"\t", 1)
        moved.append(what[:-1] + b"0\t" + what[-1:] + b"/" + path + b"\0")
    return b"".join(moved)


def _add_all(git: Git) -> tuple[str, ...]:
    """Everything that is not ignored, into the copy of the index; what was left out of it.

    Not by `git add`: that looks for changes within submodules, and runs the filters they name.
    """
    _unhide(git)
    unmerged = (line.split(b"\t", 1)[1] for line in _paths(git, "--unmerged"))
    changed = list(dict.fromkeys((*_paths(git, "--modified"), *unmerged)))
    odd = {path for path in changed if _is_odd(git, path) or _is_beyond_link(git, path)}
    _change(git, "--force-remove", sorted(odd))
    _add(git, [path for path in changed if path not in odd])
    others = _paths(git, "--others", "--exclude-standard")
    _add(git, [path for path in others if not path.endswith(b"/")])
    return tuple(os.fsdecode(path) for path in others if path.endswith(b"/"))


def _add(git: Git, paths: list[bytes]) -> None:
    """What is not in the encoding that attributes say, git cannot take: as it is. GitFailed."""
    try:
        _change(git, "--add", paths)
    except GitFailed:
        raw = [path for path in exact.encoded(git, paths) if _is_file(git, path)]
        if not raw:
            raise
        lines = exact.index_lines(git, raw)
        _out(git, "update-index", "--add", "-z", "--index-info", stdin=lines)
        _change(git, "--add", [path for path in paths if path not in set(raw)])


def _unhide(git: Git) -> None:
    """Files that git was told not to look at are looked at, but for those that are not there."""
    hidden = _hidden(git)
    _change(git, "--no-assume-unchanged", [path for path, mark in hidden.items() if mark.islower()])
    _change(git, "--no-skip-worktree", [path for path, mark in hidden.items() if mark != b"h"])


def _hidden(git: Git) -> dict[bytes, bytes]:
    """Such files by path, as git marks them: `h` for `--assume-unchanged`, `S` for
    `--skip-worktree` of what is there nevertheless, `s` for both.
    """
    found = {}
    for line in _out(git, "ls-files", "-v", "-z").split(b"\0"):
        mark, path = line[:1], line[2:]
        is_skipped = mark in {b"S", b"s"} and _mode(git, path) is not None
        if is_skipped or mark.islower():
            found[path] = mark if is_skipped else b"h"
    return found


def _paths(git: Git, *which: str) -> list[bytes]:
    return [path for path in _out(git, "ls-files", *which, "-z").split(b"\0") if path]


def _change(git: Git, how: str, paths: list[bytes]) -> None:
    if paths:
        names = b"".join(path + b"\0" for path in paths)
        _out(git, "update-index", how, "--remove", "-z", "--stdin", stdin=names)


def _is_odd(git: Git, path: bytes) -> bool:
    """A socket, a pipe, a device: nothing that git could keep."""
    mode = _mode(git, path)
    return mode is not None and not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode))


def _is_file(git: Git, path: bytes) -> bool:
    return stat.S_ISREG(_mode(git, path) or 0)


def _is_beyond_link(git: Git, path: bytes) -> bool:
    """A directory above it was replaced by a link, so that it is not there any more."""
    while path := path.rpartition(b"/")[0]:
        if stat.S_ISLNK(_mode(git, path) or 0):
            return True
    return False


def _mode(git: Git, path: bytes) -> int | None:
    """None if it is not there."""
    try:
        return os.lstat(os.fsencode(git.directory) + b"/" + path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
