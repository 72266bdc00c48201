"""Removes a directory with all that is in it, however deep, and whatever rights its parts have.

A link goes, what it leads to stays, and so do mounts. What cannot be removed is told, never raised.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from actors.git.mounts import mounts_below
from actors.git.names import shown


def emptied(directory: Path) -> str | None:
    """What is left of it, a sentence; None if nothing is, or if it was not there.

    Directories in directories are first put beside each other, so that no path grows too long.
    """
    try:
        mounted = mounts_below(directory)
        if mounted:
            return shown(f"{directory} stays, for {mounted[0]} is a mount")
        _remove(directory)
    except OSError as error:
        return shown(f"some of its files could not be removed: {directory}: {error}")
    if os.path.lexists(directory):
        return shown(f"some of its files could not be removed: {directory}")
    return None


def _remove(top: Path) -> None:
    """All that can be. OSError if the disk does not even let us look."""
    if not top.is_dir() or top.is_symlink():
        top.unlink(missing_ok=True)
        return
    token, number = secrets.token_hex(4), 0
    waiting = [str(top)]
    while waiting:
        place = waiting.pop()
        for entry in _entries(place):
            if not entry.is_dir(follow_symlinks=False):
                _tried(os.unlink, entry.path)
                continue
            beside = f"{top}/{token}-{number}"
            number += 1
            _tried(os.chmod, entry.path, 0o700)  # who has no right to write in it cannot move it
            waiting.append(beside if _tried(os.rename, entry.path, beside) else entry.path)
        if place != str(top):
            _tried(os.rmdir, place)
    _tried(os.rmdir, str(top))


def _entries(place: str) -> list["os.DirEntry[str]"]:
    _tried(os.chmod, place, 0o700)
    with suppress(OSError), os.scandir(place) as entries:
        return list(entries)
    return []


def _tried(step: Callable[..., None], *given: object) -> bool:
    try:
        step(*given)
    except OSError:
        return False
    return True
