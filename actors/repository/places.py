"""The repositories that there are: in the files of a data directory, and in memory."""

from pathlib import Path

from actors.repository.journaled import JournaledSessions
from actors.workspaces import Workspaces
from storage.backends.files import FileBackend
from storage.backends.memory import MemoryBackend
from storage.data_dir import DEFAULT_WORKSPACE, DataDir


class FileSessionRepository(JournaledSessions):
    """The sessions of one workspace of a data directory, which nobody else can have until `close`.

    AlreadyRunning when somebody has it; StorageError, OSError. ValueError for what cannot be the
    name of a workspace.
    """

    def __init__(self, data: str | Path, workspace: str = DEFAULT_WORKSPACE) -> None:
        directory = DataDir(Path(data))
        self._holding = directory.lock()
        try:
            directory.prepare()
            directory.prepare_workspace(workspace)
        except BaseException:
            self._holding.release()
            raise
        workspaces = Workspaces(directory)
        backend = FileBackend(directory, workspace)
        super().__init__(backend, workspace, lambda: workspaces.settings(workspace))

    def close(self) -> None:
        super().close()
        self._holding.release()


class MemorySessionRepository(JournaledSessions):
    """Sessions that are gone with it."""

    def __init__(self) -> None:
        self._memory = MemoryBackend()
        super().__init__(self._memory, DEFAULT_WORKSPACE)

    @property
    def size(self) -> int:
        """How many sessions there are."""
        with self._lock:
            return len(self._journals.stored())

    def clear(self) -> None:
        """Forget all of them; nobody is told."""
        with self._lock:
            self._memory.clear()
            self._journals.forget()
