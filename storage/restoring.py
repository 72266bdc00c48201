"""Marks of sessions whose worktree is just being made again: `trash/.restoring-<id>-<n>`, empty.

One is on the disk before anything is made, and goes when the session is back, or when all that was
made is undone: what a start finds was cut off. Undoing it is for the caller.
"""

from pathlib import Path

from storage import durable, trash
from storage.data_dir import DataDir
from storage.trash import Shelved

RESTORING = ".restoring-"


def begin(item: Shelved) -> None:
    """Durable, and the same when it was there. StorageError."""
    path = _mark(item.directory)
    with durable.named_failures(path):
        durable.replace_file(path, b"")


def end(item: Shelved) -> None:
    """Nothing is left to be undone, if there was. StorageError: the next start finds the mark."""
    path = _mark(item.directory)
    with durable.named_failures(path):
        if path.exists():
            path.unlink(missing_ok=True)
            durable.sync_directory(path.parent)


def cut_off(data: DataDir) -> list[Shelved]:
    """Those in the trash that are marked; marks of others go. OSError."""
    found = [item for item in trash.shelved(data) if _mark(item.directory).exists()]
    names = {_mark(item.directory) for item in found}
    for workspace in data.workspace_names():
        for path in data.trash(workspace).glob(f"{RESTORING}*"):
            if path not in names:
                path.unlink(missing_ok=True)
    return found


def _mark(directory: Path) -> Path:
    return directory.with_name(f"{RESTORING}{directory.name}")
