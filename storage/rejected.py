"""Files that could not be used, kept where a person finds them, each with the reason beside it.

Nothing is ever overwritten or lost here; nothing is read either, so it takes anything that has a
name: links, pipes and directories too.
"""

import itertools
import os
import re
from pathlib import Path

from storage import codec, durable
from storage.errors import FileRefused

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def reject(path: Path, rejected: Path, refusal: FileRefused) -> Path:
    """Moves `path` into the directory `rejected`; the name that it has there.

    Beside it stands `<name>.why.json` with `line`, `path` (a JSON path) and `reason`.
    FileNotFoundError if it is gone, StorageError.
    """
    os.lstat(path)
    why = {"line": refusal.line, "path": refusal.path, "reason": str(refusal)}
    with durable.named_failures(rejected):
        kept = _reserve(rejected, _plain(path.name), codec.encode(why) + b"\n")
        _move(path, kept)
        durable.sync_directory(rejected)
        durable.sync_directory(path.parent)
    return kept


def _plain(name: str) -> str:
    """Nothing that a terminal or a shell would take for more than a name."""
    return _UNSAFE.sub("_", name)[:100].lstrip(".") or "unnamed"


def _reserve(rejected: Path, name: str, why: bytes) -> Path:
    """Takes a name by creating its `.why.json`, which only one can."""
    stem, dot, suffix = name.rpartition(".")
    for attempt in itertools.count(1):
        unique = (
            name if attempt == 1 else f"{stem or suffix}-{attempt}{dot and stem and '.' + suffix}"
        )
        kept = rejected / unique
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            descriptor = os.open(f"{kept}.why.json", flags, durable.FILE_MODE)
        except FileExistsError:
            continue
        try:
            durable.write_whole(descriptor, why)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if not os.path.lexists(kept):
            return kept
    raise AssertionError("the count has no end")


def _move(path: Path, kept: Path) -> None:
    """By link and unlink: a rename out of a watched directory delays the next event by 500 ms."""
    try:
        os.link(path, kept, follow_symlinks=False)
    except OSError:
        path.rename(kept)
    else:
        path.unlink()
