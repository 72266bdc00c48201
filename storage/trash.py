"""Deleted sessions, whole, until they are purged.

Promises that a move there is durable and can be done again.
"""

import os
from pathlib import Path

from storage import durable
from storage.data_dir import DataDir


def move_to_trash(data: DataDir, workspace: str, session_id: str, n: int) -> Path:
    """Renames the session's directory to `trash/<id>-<n>`, `n` being its journal's last number.

    Does nothing if that was done already, by itself or before a crash. FileNotFoundError if it is
    in neither place, StorageError.
    """
    source = data.session(workspace, session_id)
    target = data.trash(workspace) / f"{source.name}-{n}"
    if not source.exists():
        os.lstat(target)
    with durable.named_failures(source):
        if source.exists():
            source.rename(target)
        durable.sync_directory(target.parent)
        durable.sync_directory(source.parent)
    return target
