"""The settings of each workspace, read again whenever its file has changed.

A good edit holds from the next look on; a bad one changes nothing, and its reason is kept for
`status` until the file is mended.
"""

import logging
import threading

from storage import workspace_file
from storage.data_dir import DataDir
from storage.errors import FileRefused
from storage.records.workspace import WorkspaceSettings

_log = logging.getLogger(__name__)

Stamp = tuple[int, int, int] | None


class Workspaces:
    """Every method may be called from any thread."""

    def __init__(self, data: DataDir) -> None:
        self._data = data
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Stamp, WorkspaceSettings]] = {}
        self._problems: dict[str, str] = {}

    def settings(self, workspace: str) -> WorkspaceSettings:
        """The last good settings; the defaults as long as there were none."""
        stamp = self._stamp(workspace)
        with self._lock:
            known = self._known.get(workspace)
            if known and known[0] == stamp:
                return known[1]
            settings = self._read(workspace, known[1] if known else WorkspaceSettings())
            self._known[workspace] = stamp, settings
            return settings

    def problem(self, workspace: str) -> str | None:
        """Why the file as it is now is not in force."""
        self.settings(workspace)
        return self._problems.get(workspace)

    def _stamp(self, workspace: str) -> Stamp:
        try:
            status = self._data.workspace_file(workspace).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _read(self, workspace: str, before: WorkspaceSettings) -> WorkspaceSettings:
        path = self._data.workspace_file(workspace)
        try:
            settings = workspace_file.read(path)
        except (FileRefused, OSError) as error:
            line = getattr(error, "line", None)
            where = getattr(error, "path", None)
            text = f"{path}{f':{line}' if line else ''}: {error}{f' at {where}' if where else ''}"
            self._problems[workspace] = text
            _log.warning("workspace.json is refused, the last good one stays in force: %s", text)
            return before
        self._problems.pop(workspace, None)
        return settings
