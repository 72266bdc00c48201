"""Room on the disk for the lines that end things, kept back while there is plenty.

Promises that after `release` about a megabyte can be written on a disk that was full. Who may use
it is for others.
"""

import os
from pathlib import Path

from storage import durable

SIZE_BYTES = 1 << 20
PROBE_BYTES = 64 << 10


def keep(path: Path) -> None:
    """Sets the room aside, if it is not. StorageError while there is too little."""
    with durable.named_failures(path):
        if path.exists() and path.stat().st_size == SIZE_BYTES:
            return
        descriptor = durable.create(path)
        try:
            durable.allocate(descriptor, SIZE_BYTES)
            os.fsync(descriptor)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)


def release(path: Path) -> bool:
    """Gives the room back; False if it was given already. StorageError."""
    with durable.named_failures(path):
        try:
            path.unlink()
        except FileNotFoundError:
            return False
    return True


def probe(path: Path) -> None:
    """Writes, syncs and removes a small file at `path`. StorageError says why changes cannot be
    kept at present.
    """
    try:
        durable.replace_file(path, bytes(PROBE_BYTES))
    finally:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise durable.storage_error(error, path) from error
