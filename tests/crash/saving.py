"""Saves a file as a careful program does: nothing of it can be lost from its return on."""

import os
from pathlib import Path

from storage import durable


def save(path: Path, content: bytes) -> None:
    """By a temporary name, two syncs and a rename, in calls that the file layer sees."""
    temporary = path.with_name(f".{path.name}.save")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    durable.write_whole(descriptor, content)
    os.fsync(descriptor)
    os.close(descriptor)
    temporary.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
