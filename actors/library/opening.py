"""Finds the way to a data directory: the daemon that answers there, or the whole tree in here."""

import os
import time
from collections.abc import Mapping

from actors.library.remote_way import RemoteWay
from actors.library.way import Way
from storage.data_dir import DataDir
from storage.errors import AlreadyRunning

HOLDER_SECONDS = 10.0
"""A daemon that has the directory and does not answer may be just starting or ending."""
LOOK_AGAIN_SECONDS = 0.05


def found_way(data: DataDir, environ: Mapping[str, str] | None) -> Way:
    """`environ`: of programs that are started here, by default this process's own.

    AlreadyRunning: somebody holds the directory and does not answer. StorageError, OSError.
    """
    own = dict(os.environ if environ is None else environ)
    deadline = time.monotonic() + HOLDER_SECONDS
    while True:
        way = RemoteWay.connected(data)
        if way:
            return way
        try:
            lock = data.lock()
        except AlreadyRunning:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOOK_AGAIN_SECONDS)
            continue
        from actors.library.tree_way import TreeWay

        return TreeWay.started(data, lock, own)
