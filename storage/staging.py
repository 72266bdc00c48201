"""A session's directory that is made beside the others, and gets its name when all of it is there.

A crash before that leaves the session out; what it leaves is `half_made`. Whoever is at work on one
holds it, so that nobody else takes it for a leftover.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage import durable, trash
from storage.data_dir import DataDir
from storage.trash import SessionExists

IMPORTING = ".importing-"
FORKING = ".forking-"


@contextmanager
def staging(staged: Path, session_id: str) -> Iterator[None]:
    """An empty directory that is gone at the end, unless it was renamed.

    SessionExists while somebody is at work on it, StorageError.
    """
    if os.path.lexists(staged):
        if trash.is_held(staged):
            raise SessionExists(session_id, "it is just being made; look again in a moment")
        trash.remove(staged)
    with durable.named_failures(staged):
        durable.make_directory(staged)
    with trash.held(staged):
        try:
            yield
        finally:
            if os.path.lexists(staged):
                shutil.rmtree(staged, ignore_errors=True)


def put_in_place(staged: Path, target: Path) -> None:
    """From here on it is a session. StorageError."""
    with durable.named_failures(target):
        staged.rename(target)
        durable.sync_directory(target.parent)
        durable.sync_directory(staged.parent)


def half_made(data: DataDir) -> list[Path]:
    """What a crash left of imports and forks; those under way are left out. OSError."""
    found = [
        path
        for workspace in data.workspace_names()
        for path in data.workspace(workspace).iterdir()
        if path.name.startswith((IMPORTING, FORKING)) and stat.S_ISDIR(path.lstat().st_mode)
    ]
    return sorted(path for path in found if not trash.is_held(path))
