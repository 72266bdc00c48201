"""Keeps what is of a journal under a name of its own, and overwrites nothing.

Doing it again after a crash finds the copy and makes no second one.
"""

import itertools
import os
from pathlib import Path

from storage import durable


def keep_tail(descriptor: int, start: int, directory: Path, name: str) -> Path:
    """Copies all from byte `start` to `directory/name`, durably; the path that it got.

    A name that holds other content is left alone and the next one taken: `<name>.2`, `<name>.3`…
    OSError.
    """
    temporary = directory / f".{name}.tmp"
    target = durable.create(temporary)
    try:
        durable.copy_range(descriptor, target, start)
        os.fsync(target)
    finally:
        os.close(target)
    return place(temporary, directory, name)


def place(temporary: Path, directory: Path, name: str) -> Path:
    """Gives a finished, synced file its name, durably; the path that it got, as above. OSError."""
    path = _free_or_same(directory, name, temporary)
    temporary.rename(path)
    durable.sync_directory(directory)
    return path


def _free_or_same(directory: Path, name: str, content: Path) -> Path:
    for attempt in itertools.count(1):
        path = directory / (name if attempt == 1 else f"{name}.{attempt}")
        if not path.exists() or is_same(path, content):
            return path
    raise AssertionError("the count has no end")


def is_same(one: Path, other: Path) -> bool:
    """Whether both files hold the same bytes. OSError."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while block := left.read(1 << 20):
            if block != right.read(1 << 20):
                return False
    return True
