"""The bytes, rights and marks of files that git itself does not give back, kept beside a snapshot.

Git converts line ends and encodings as attributes say, and of rights it knows whether a file is
executable. So of files that differ from HEAD the bytes are kept where git could convert them, and
of all files and directories the rights, where they are not the usual ones; and which files git was
told to overlook. A file with a filter goes through that alone: what it is to keep out of a
repository stays out of it.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from actors.git import inside
from actors.git.command import Git, GitFailed
from actors.git.scratch import scratch
from actors.inherited import UMASK

SECONDS = 600.0
SUBJECT = "greenroom: bytes and rights of files"
_MOST_BYTES = 1 << 40
_BYTES, _RIGHTS, _HIDDEN = "bytes", "rights", "hidden"
_TOP = b"./"
_CONVERSIONS = ("text", "crlf", "eol", "working-tree-encoding", "ident")
_OFF = frozenset({"unset", "unspecified"})
_FILES = frozenset({b"100644", b"100755"})


class Exact(Struct, frozen=True):
    """`blobs`: by path; `rights`: by path, a directory's with `/` at its end. `hidden`: by path as
    `ls-files -v` marks it.
    """

    blobs: dict[bytes, str] = {}
    rights: dict[bytes, int] = {}
    hidden: dict[bytes, bytes] = {}

    def has_more(self, than: "Exact") -> bool:
        """Whether any of it is not so in the other."""
        return bool(self.blobs.items() - than.blobs.items()) or bool(
            self.rights.items() - than.rights.items()
        )


def kept(git: Git, head: str | None, tree: str, hidden: Mapping[bytes, bytes]) -> str | None:
    """A commit of what `tree`, that of all files, lacks; None if that is nothing.

    `git` is at the top of the worktree, its index is that of the tree. GitFailed, OSError.
    """
    rights = b"".join(b"%o %s\0" % (mode, path) for path, mode in _rights(git))
    paths = _convertible(git, _changed(git, head, tree))
    if not rights and not paths and not hidden:
        return None
    lines = ""
    if paths:
        lines += f"040000 tree {_tree_of(git, paths, _hashed(git, paths, '-w'))}\t{_BYTES}\n"
    marks = b"".join(b"%s %s\0" % (mark, path) for path, mark in hidden.items())
    for name, content in ((_HIDDEN, marks), (_RIGHTS, rights)):
        if content:
            blob = _text(git, "hash-object", "-w", "--stdin", stdin=content)
            lines += f"100644 blob {blob}\t{name}\n"
    made = _text(git, "mktree", stdin=lines.encode())
    return _text(git, "commit-tree", made, "-m", SUBJECT)


def read(git: Git, index: str) -> Exact:
    """What is kept beside the snapshot whose commit of the index this is. GitFailed."""
    parents = git.ask("log", "-1", "--format=%P", index).split()
    if not parents or git.ask("log", "-1", "--format=%s", parents[-1]) != SUBJECT:
        return Exact()
    commit = parents[-1]
    names = _text(git, "ls-tree", "--name-only", commit).split("\n")
    blobs, rights, hidden = {}, {}, {}
    if _BYTES in names:
        for line in _split(_out(git, "ls-tree", "-r", "-z", "--full-tree", f"{commit}:{_BYTES}")):
            what, path = line.split(b"\t", 1)
            blobs[path] = os.fsdecode(what.split(b" ")[2])
    if _RIGHTS in names:
        for mode, path in _pairs(git, f"{commit}:{_RIGHTS}"):
            rights[path] = int(mode, 8)
    if _HIDDEN in names:
        hidden = {path: mark for mark, path in _pairs(git, f"{commit}:{_HIDDEN}")}
    return Exact(blobs, rights, hidden)


def _pairs(git: Git, blob: str) -> Iterator[tuple[bytes, bytes]]:
    for line in _split(_out(git, "cat-file", "blob", blob)):
        first, path = line.split(b" ", 1)
        yield first, path


def hide(git: Git, wanted: Exact) -> None:
    """Tells git again what to overlook, of what is in the index without conflict. GitFailed."""
    if not wanted.hidden:
        return
    plain = {line[2:] for line in _split(_out(git, "ls-files", "-v", "-z")) if line[:1] == b"H"}
    marks = {path: mark for path, mark in wanted.hidden.items() if path in plain}
    for how, paths in (
        ("--assume-unchanged", [path for path, mark in marks.items() if mark.islower()]),
        ("--skip-worktree", [path for path, mark in marks.items() if mark in {b"S", b"s"}]),
    ):
        if paths:
            names = b"".join(path + b"\0" for path in paths)
            _out(git, "update-index", how, "-z", "--stdin", stdin=names)


def put(git: Git, wanted: Exact) -> None:
    """Gives the files in the worktree that `git` is at the top of their bytes and rights.

    What is not there any more, or is no file, stays as it is. GitFailed, OSError.
    """
    there = [path for path in wanted.blobs if _is_file(git, path)]
    for path, blob in zip(there, _hashed(git, there), strict=True):
        if wanted.blobs[path] != blob:
            with suppress(FileNotFoundError, inside.NotInsideError):
                _put_bytes(git, path, _out(git, "cat-file", "blob", wanted.blobs[path]))
    for path, mode in wanted.rights.items():
        with suppress(FileNotFoundError, inside.NotInsideError):
            _put_rights(git.directory, path, mode)


def _put_bytes(git: Git, path: bytes, content: bytes) -> None:
    steps = inside.parts_of(os.fsdecode(path))
    with inside.directory(git.directory, steps[:-1]) as parent:
        mode = os.stat(steps[-1], dir_fd=parent, follow_symlinks=False).st_mode
        os.unlink(steps[-1], dir_fd=parent)
    inside.put(git.directory, steps, content, mode)


def _put_rights(top: Path, path: bytes, mode: int) -> None:
    steps = () if path == _TOP else inside.parts_of(os.fsdecode(path))
    if path.endswith(b"/"):
        with inside.directory(top, steps) as descriptor:
            _change(descriptor, mode)
        return
    with inside.directory(top, steps[:-1]) as parent:
        descriptor = inside.open_regular(steps[-1], parent)
    try:
        _change(descriptor, mode)
    finally:
        os.close(descriptor)


def _change(descriptor: int, mode: int) -> None:
    """A directory hands down more than rights, which stays."""
    now = stat.S_IMODE(os.fstat(descriptor).st_mode)
    os.fchmod(descriptor, (now & ~0o777) | (mode & 0o777))


# What is to be kept.


def _rights(git: Git) -> Iterator[tuple[bytes, int]]:
    """Those that a checkout would not give, of all that is in the index."""
    top = os.fsencode(git.directory) + b"/"
    directories: set[bytes] = {b"."}
    for line in _split(_out(git, "ls-files", "--stage", "-z")):
        what, path = line.split(b"\t", 1)
        above = path
        while (above := above.rpartition(b"/")[0]) and above not in directories:
            directories.add(above)
        if what[:6] in _FILES:
            usual = (0o777 if what[:6] == b"100755" else 0o666) & ~UMASK
            mode = _mode(top + path)
            if mode is not None and stat.S_ISREG(mode) and mode & 0o777 != usual:
                yield path, mode & 0o777
    for path in sorted(directories):
        mode = _mode(top + path)
        is_ours = mode is not None and stat.S_ISDIR(mode) and mode & 0o700 == 0o700
        if mode is not None and is_ours and mode & 0o777 != 0o777 & ~UMASK:
            yield path + b"/", mode & 0o777


def _changed(git: Git, head: str | None, tree: str) -> list[bytes]:
    """The files that differ from HEAD."""
    old = f"{head}^{{tree}}" if head else _text(git, "hash-object", "-t", "tree", "--stdin")
    words = ("diff-tree", "-r", "-z", "--no-renames", "--diff-filter=d", "--no-ext-diff")
    told = _split(_out(git, *words, old, tree))
    found = zip(told[::2], told[1::2], strict=True)
    return [path for what, path in found if what.split(b" ")[1] in _FILES and _is_file(git, path)]


def _convertible(git: Git, paths: list[bytes]) -> list[bytes]:
    """Those that git itself, not a filter, might change on the way in or out."""
    if not paths:
        return []
    words = ("check-attr", "-z", "--stdin", "filter", *_CONVERSIONS)
    told = _out(git, *words, stdin=b"".join(path + b"\0" for path in paths)).split(b"\0")
    given: dict[bytes, dict[str, str]] = {path: {} for path in paths}
    for path, name, value in zip(told[::3], told[1::3], told[2::3], strict=False):
        given[path][name.decode()] = os.fsdecode(value)
    automatic = git.run("config", "--type=bool-or-str", "--get", "core.autocrlf")
    converts = automatic.status == 0 and automatic.text != "false"
    return [path for path in paths if _may_convert(given[path], converts=converts)]


def encoded(git: Git, paths: list[bytes]) -> list[bytes]:
    """Those that attributes say are in another encoding than git keeps. GitFailed."""
    words = ("check-attr", "-z", "--stdin", "working-tree-encoding")
    told = _out(git, *words, stdin=b"".join(path + b"\0" for path in paths)).split(b"\0")
    return [path for path, value in zip(told[::3], told[2::3], strict=False) if _is_on(value)]


def index_lines(git: Git, paths: list[bytes]) -> bytes:
    """For `update-index --index-info`: these files with their bytes as they are. GitFailed."""
    lines = []
    for path, blob in zip(paths, _hashed(git, paths, "-w"), strict=True):
        is_program = (_mode(os.fsencode(git.directory) + b"/" + path) or 0) & stat.S_IXUSR
        lines.append(f"{'100755' if is_program else '100644'} {blob}\t".encode() + path + b"\0")
    return b"".join(lines)


def _is_on(value: bytes) -> bool:
    return os.fsdecode(value) not in _OFF


def _may_convert(given: dict[str, str], *, converts: bool) -> bool:
    if given["filter"] not in _OFF:
        return False
    is_named = any(given[name] not in _OFF for name in _CONVERSIONS)
    return is_named or (converts and given["text"] != "unset")


def _hashed(git: Git, paths: list[bytes], *how: str) -> list[str]:
    """The ids of their bytes as they are, with `-w` kept."""
    if not paths:
        return []
    names = b"".join(_quoted(path) + b"\n" for path in paths)
    words = ("hash-object", *how, "--no-filters", "--stdin-paths")
    return _text(git, *words, stdin=names).split("\n")


def _quoted(path: bytes) -> bytes:
    """As git reads it from a line, whatever is in it."""
    return b'"' + b"".join(b"\\%03o" % byte for byte in path) + b'"'


def _tree_of(git: Git, paths: Iterable[bytes], blobs: Iterable[str]) -> str:
    lines = (f"100644 {blob}\t".encode() + path for path, blob in zip(paths, blobs, strict=True))
    with scratch() as own:
        apart = git.having({"GIT_INDEX_FILE": f"{own}/index"})
        given = b"".join(line + b"\0" for line in lines)
        _out(apart, "update-index", "-z", "--index-info", stdin=given)
        return _text(apart, "write-tree")


def _is_file(git: Git, path: bytes) -> bool:
    mode = _mode(os.fsencode(git.directory) + b"/" + path)
    return mode is not None and stat.S_ISREG(mode)


def _mode(path: bytes) -> int | None:
    """None if it is not there."""
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _split(raw: bytes) -> list[bytes]:
    return [each for each in raw.split(b"\0") if each]


def _text(git: Git, *words: str, stdin: bytes = b"") -> str:
    return os.fsdecode(_out(git, *words, stdin=stdin)).removesuffix("\n")


def _out(git: Git, *words: str, stdin: bytes = b"") -> bytes:
    done = git.run(*words, stdin=stdin, seconds=SECONDS, limit=_MOST_BYTES)
    if done.status != 0:
        raise GitFailed(done.status, done.error or f"git {words[0]} ended with {done.status}")
    return done.out
