"""A workspace as a Python program holds it: its settings, its sessions, and a coordinator for them.

Where no daemon has the data directory it runs in this process, under the same lock; where one has,
sessions are asked of it, and settings are written to the file that it follows.
"""

import asyncio
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct

from actors.library.coordinator import SessionCoordinator
from actors.library.greenroom import Greenroom
from actors.library.opening import found_way
from actors.library.workspace_parts import (
    SettingsFile,
    WorkspaceDynamicContext,
    WorkspaceFiles,
    WorkspaceMcp,
    WorkspaceMetadata,
    WorkspaceModels,
    WorkspacePrompt,
)
from actors.library.workspace_sessions import WorkspaceSessions
from storage.data_dir import DEFAULT_WORKSPACE, DataDir, default_data_dir


class WorkspacePaths(Struct, frozen=True, kw_only=True):
    """Where things lie: the data directory, the workspace in it, and its two files."""

    data: Path
    workspace: Path
    settings: Path
    sessions: Path


class Workspace:
    """Nothing is opened before `init`. Its coroutines belong on an asyncio loop."""

    def __init__(
        self,
        path: str | Path | None = None,
        name: str = DEFAULT_WORKSPACE,
        *,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """`path`: the data directory, by default the one that the command line uses.

        `environ`: of programs that are started here, by default this process's own. ValueError for
        a name that cannot be a workspace's.
        """
        self._environ = dict(os.environ if environ is None else environ)
        self._data = DataDir(Path(path) if path is not None else default_data_dir(self._environ))
        self._greenroom: Greenroom | None = None
        self._file = file = SettingsFile(self._data, name)
        self.name = name
        self.paths = WorkspacePaths(
            data=self._data.root,
            workspace=self._data.workspace(name),
            settings=self._data.workspace_file(name),
            sessions=self._data.sessions_file(name),
        )
        self.metadata = WorkspaceMetadata(file)
        self.prompt = WorkspacePrompt(file)
        self.sessions = WorkspaceSessions(lambda: self.greenroom, name)
        self.mcp = WorkspaceMcp(file)
        self.models = WorkspaceModels(file)
        self.files = WorkspaceFiles(file)
        self.dynamic_context = WorkspaceDynamicContext(file)

    @property
    def greenroom(self) -> Greenroom:
        """All else that there is to ask. RuntimeError before `init` and after `close`."""
        if self._greenroom is None:
            raise RuntimeError("this workspace is not open; await its init() first")
        return self._greenroom

    async def init(self, description: str | None = None) -> Self:
        """Open it, making it where it is not there yet, and describe it.

        AlreadyRunning, StorageError, OSError as `open`; FileRefused for a workspace.json that
        cannot be used. Then it is closed.
        """
        if self._greenroom is None:
            way = await asyncio.to_thread(found_way, self._data, self._environ)
            self._greenroom = Greenroom(way)
        try:
            await asyncio.to_thread(self._data.prepare_workspace, self.name)
            await self.metadata.describe(description)
            await asyncio.to_thread(self._file.read)
        except BaseException:
            await self.close()
            raise
        return self

    def coordinator(self, logger: logging.Logger | None = None) -> SessionCoordinator:
        """For the conversations of its sessions."""
        return SessionCoordinator(
            self.metadata,
            self.prompt,
            self.sessions,
            self.mcp,
            self.models,
            self.files,
            self.dynamic_context,
            logger,
        )

    async def close(self) -> None:
        """Let go of the data directory, or of the daemon. Closing twice does nothing."""
        held, self._greenroom = self._greenroom, None
        if held:
            await asyncio.to_thread(held.close)

    async def __aenter__(self) -> Self:
        return await self.init()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
