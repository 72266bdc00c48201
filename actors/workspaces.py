"""The settings of each workspace, read again whenever its file has changed.

A good edit holds from the next look on; a bad one changes nothing, also one made while nothing
ran, and its reason is kept for `status` until the file is mended. Where there never was a good one,
what needs the settings is refused: the defaults would lack the limits that somebody tried to set.
"""

import logging
import threading
from collections.abc import Collection
from typing import Literal

from msgspec import Struct

from storage import last_good, workspace_file
from storage.data_dir import DataDir
from storage.errors import FileRefused, StorageError
from storage.records.request import Refusal
from storage.records.workspace import WorkspaceSettings

_log = logging.getLogger(__name__)

Stamp = tuple[int, int, int] | None
InForce = Literal["file", "last-good", "defaults", "nothing"]


class Found(Struct, frozen=True, kw_only=True):
    """`settings` are the defaults if nothing is `in_force`. `problem`: why the file as it is now
    is not.
    """

    settings: WorkspaceSettings
    in_force: InForce
    problem: str | None = None

    @property
    def in_words(self) -> str:
        """What is wrong with the file and what holds instead; empty if it is in force."""
        if self.problem is None:
            return ""
        if self.in_force == "last-good":
            return f"{self.problem} (the last good one stays in force)"
        return (
            f"{self.problem} (there was no good one before it: mend it, or delete it for the"
            " defaults; until then conversations and agents are refused)"
        )


class Workspaces:
    """Every method may be called from any thread."""

    def __init__(self, data: DataDir, providers: Collection[str] | None = None) -> None:
        """`providers`: the names of those of models that there are; None: any may be named."""
        self._data = data
        self._providers = providers
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Stamp, Found]] = {}

    def settings(self, workspace: str) -> WorkspaceSettings:
        """The last good ones; the defaults without a file, or as long as there were none."""
        return self.found(workspace).settings

    def problem(self, workspace: str) -> str | None:
        """Why the file as it is now is not in force."""
        return self.found(workspace).problem

    def in_words(self, workspace: str) -> str:
        """As `Found.in_words`."""
        return self.found(workspace).in_words

    def refusal(self, workspace: str) -> Refusal | None:
        """Of what needs the settings, while they cannot be known."""
        found = self.found(workspace)
        if found.in_force != "nothing":
            return None
        return Refusal(code="settings-unreadable", message=found.in_words)

    def found(self, workspace: str) -> Found:
        """As the file is now."""
        stamp = self._stamp(workspace)
        with self._lock:
            known = self._known.get(workspace)
            if known and known[0] == stamp:
                return known[1]
            found = self._read(workspace, known[1] if known else None)
            self._known[workspace] = stamp, found
            return found

    def _stamp(self, workspace: str) -> Stamp:
        try:
            status = self._data.workspace_file(workspace).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _read(self, workspace: str, before: Found | None) -> Found:
        path = self._data.workspace_file(workspace)
        try:
            raw = workspace_file.content(path)
            if raw is None:
                self._keep(workspace, None)
                return Found(settings=WorkspaceSettings(), in_force="defaults")
            settings = workspace_file.parsed(raw, path.parent, self._providers)
        except (FileRefused, OSError) as error:
            line = getattr(error, "line", None)
            where = getattr(error, "path", None)
            text = f"{path}{f':{line}' if line else ''}: {error}{f' at {where}' if where else ''}"
            found = self._instead(workspace, before, text)
            _log.warning("workspace.json is refused: %s", found.in_words)
            return found
        self._keep(workspace, raw)
        return Found(settings=settings, in_force="file")

    def _instead(self, workspace: str, before: Found | None, problem: str) -> Found:
        if before and before.in_force in {"file", "last-good"}:
            return Found(settings=before.settings, in_force="last-good", problem=problem)
        directory = self._data.workspace(workspace)
        kept = last_good.read(directory)
        try:
            if kept is not None:
                settings = workspace_file.parsed(kept, directory, self._providers)
                return Found(settings=settings, in_force="last-good", problem=problem)
        except FileRefused as error:
            _log.warning("what workspace.json said before cannot be used any more: %s", error)
        return Found(settings=WorkspaceSettings(), in_force="nothing", problem=problem)

    def _keep(self, workspace: str, raw: bytes | None) -> None:
        """For the next start. A disk that refuses is no reason not to follow the file."""
        directory = self._data.workspace(workspace)
        try:
            if raw is None:
                last_good.forget(directory)
            else:
                last_good.keep(directory, raw)
        except StorageError as error:
            _log.warning("the settings are in force, and not kept for the next start: %s", error)
