"""greenroom for a Python program: `open`, `dispatch`, `subscribe`. See docs/python_api.md.

A program talks to the daemon of a data directory when there is one, and is greenroom itself when
there is none; only then are the daemon's heavy parts loaded.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from actors.adapters.prices import calculate_cost, get_context_window_size
from actors.library.conversation_errors import (
    ContextBuildError,
    ConversationError,
    ProviderError,
    SessionNotFoundError,
    ToolExecutionError,
)
from actors.library.coordinator import SessionCoordinator
from actors.library.delivery import Subscription
from actors.library.greenroom import Greenroom
from actors.library.opening import found_way
from actors.library.worker_attachment import WorkerAttachment, WorkerCallbacks
from actors.library.workspace import Workspace
from actors.repository import (
    FileSessionRepository,
    MemorySessionRepository,
    Refused,
    SessionRepository,
)
from actors.session_factory import SessionFactory
from storage.data_dir import DataDir, default_data_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ContextBuildError",
    "ConversationError",
    "FileSessionRepository",
    "Greenroom",
    "MemorySessionRepository",
    "ProviderError",
    "Refused",
    "SessionCoordinator",
    "SessionFactory",
    "SessionNotFoundError",
    "SessionRepository",
    "Subscription",
    "ToolExecutionError",
    "WorkerAttachment",
    "WorkerCallbacks",
    "Workspace",
    "calculate_cost",
    "get_context_window_size",
    "open",
]


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
    directory = DataDir(Path(data) if data is not None else default_data_dir(environ or os.environ))
    return Greenroom(found_way(directory, environ))
