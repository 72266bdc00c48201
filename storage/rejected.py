"""Files that could not be used, kept where a person finds them, each with the reason beside it.

Nothing is ever overwritten or lost here; nothing is read either, so it takes anything that has a
name: links, pipes and directories too.
"""

import itertools
import os
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from storage import codec, durable
from storage.errors import FileRefused

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def reject(path: Path, rejected: Path, refusal: FileRefused, name: str | None = None) -> Path:
    """Moves `path` into the directory `rejected`; the name that it has there.

    `name` is what it was called, if not as it is now. Beside it stands `<name>.why.json` with
    `line`, `path` (a JSON path) and `reason`. FileNotFoundError if it is gone, StorageError; then
    nothing is there.
    """
    os.lstat(path)
    why = {"line": refusal.line, "path": refusal.path, "reason": str(refusal)}
    with durable.named_failures(rejected):
        kept = _reserve(rejected, _plain(name or path.name), codec.encode(why) + b"\n")
        try:
            _move(path, kept)
        except OSError:
            Path(f"{kept}.why.json").unlink()
            raise
        durable.sync_directory(rejected)
        durable.sync_directory(path.parent)
    return kept


def _plain(name: str) -> str:
    """Nothing that a terminal or a shell would take for more than a name."""
    return _UNSAFE.sub("_", name)[:100].lstrip(".-") or "unnamed"


def _reserve(rejected: Path, name: str, why: bytes) -> Path:
    """Takes a name by giving it a `.why.json`, which only one can; it is whole from the first."""
    written = rejected / f".{name}.{threading.get_ident()}.tmp"
    try:
        durable.write_new(written, why)
        for kept in _names(rejected, name):
            if os.path.lexists(kept):
                continue
            with suppress(FileExistsError):
                os.link(written, f"{kept}.why.json")
                return kept
    finally:
        written.unlink(missing_ok=True)
    raise AssertionError("the count has no end")


def _names(rejected: Path, name: str) -> Iterator[Path]:
    stem, dot, suffix = name.rpartition(".")
    yield rejected / name
    for number in itertools.count(2):
        yield rejected / f"{stem or suffix}-{number}{dot and stem and '.' + suffix}"


def _move(path: Path, kept: Path) -> None:
    """By link and unlink: a rename out of a watched directory delays the next event by 500 ms."""
    try:
        os.link(path, kept, follow_symlinks=False)
    except OSError:
        path.rename(kept)
    else:
        path.unlink()
