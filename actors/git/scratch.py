"""Directories that git works in for a moment: copies of an index, objects that nobody is to keep.

Each goes when its block ends, and is locked until then; one whose process was killed is locked by
nobody any more, by which the next daemon knows that it may take it away.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "greenroom-scratch-"


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty directory of our own. OSError."""
    place, lock = _made()
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(lock)


def clear_left() -> None:
    """Those of our user that no process holds. What cannot be taken away stays."""
    for place in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if place.lstat().st_uid == os.geteuid():
                _clear(place)


def _made() -> tuple[Path, int]:
    """One, and the descriptor that locks it."""
    while True:
        place = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = _locked(place)
        with suppress(OSError):
            if lock is not None and os.path.samestat(place.lstat(), os.fstat(lock)):
                return place, lock
        if lock is not None:  # it was cleared just before it was locked
            os.close(lock)


def _clear(place: Path) -> None:
    lock = _locked(place)
    if lock is not None:
        shutil.rmtree(place, ignore_errors=True)
        os.close(lock)


def _locked(place: Path) -> int | None:
    """None if somebody has it, or it is not there, or is no directory."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
