"""greenroom for a Python program: `open`, `dispatch`, `subscribe`. See docs/python_api.md.

A program talks to the daemon of a data directory when there is one, and is greenroom itself when
there is none; only then are the daemon's heavy parts loaded.
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from actors.adapters.prices import calculate_cost, get_context_window_size
from actors.library.delivery import Subscription
from actors.library.greenroom import Greenroom, Way
from actors.library.remote_way import RemoteWay
from actors.library.worker_attachment import WorkerAttachment, WorkerCallbacks
from actors.repository import (
    FileSessionRepository,
    MemorySessionRepository,
    Refused,
    SessionRepository,
)
from actors.session_factory import SessionFactory
from storage.data_dir import DataDir, default_data_dir
from storage.errors import AlreadyRunning

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FileSessionRepository",
    "Greenroom",
    "MemorySessionRepository",
    "Refused",
    "SessionFactory",
    "SessionRepository",
    "Subscription",
    "WorkerAttachment",
    "WorkerCallbacks",
    "calculate_cost",
    "get_context_window_size",
    "open",
]

HOLDER_SECONDS = 10.0
"""A daemon that has the directory and does not answer may be just starting or ending."""
LOOK_AGAIN_SECONDS = 0.05


def open(  # noqa: A001 - the name that the specification gives it
    data: str | Path | None = None,
    *,
    repository: SessionRepository | None = None,
    environ: "Mapping[str, str] | None" = None,
) -> Greenroom:
    """The greenroom of a data directory, by default the one that the command line uses.

    Connects when a daemon answers there; else takes the directory and runs everything but the other
    fronts in this process, until `close`. With `repository`, that alone keeps the sessions and
    nothing runs. `environ`: of the programs that are started here, by default this process's own.

    AlreadyRunning: somebody holds the directory and does not answer. StorageError, OSError.
    """
    if repository is not None:
        from actors.library.repository_way import RepositoryWay

        return Greenroom(RepositoryWay(repository))
    import os

    own = dict(os.environ if environ is None else environ)
    directory = DataDir(Path(data) if data is not None else default_data_dir(own))
    return Greenroom(_way(directory, own))


def _way(data: DataDir, environ: "Mapping[str, str]") -> Way:
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

        return TreeWay.started(data, lock, environ)
