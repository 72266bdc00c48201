"""The parts of a workspace as a program holds them: live views of `workspace.json`, and changes.

What is read is what the file says at that moment; a change is written there, where the greenroom of
this process and a daemon follow it: it holds from the next request on. Servers come and go with it.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from storage import workspace_edit, workspace_file
from storage.data_dir import DataDir
from storage.records.workspace import (
    DynamicContextSettings,
    FileSettings,
    McpServerSettings,
    ModelSettings,
    PromptSettings,
    WorkspaceSettings,
)

Json = dict[str, Any]


class SettingsFile:
    """The `workspace.json` of one workspace. Both ways raise FileRefused for what it cannot mean;
    a change also StorageError.
    """

    def __init__(self, data: DataDir, workspace: str) -> None:
        self.workspace = workspace
        self.path = data.workspace_file(workspace)

    def read(self) -> WorkspaceSettings:
        return workspace_file.read(self.path)

    async def change(self, changed: Callable[[Json], Json]) -> None:
        await asyncio.to_thread(workspace_edit.change, self.path, changed)


class _Part:
    def __init__(self, file: SettingsFile) -> None:
        self._file = file

    @property
    def workspace(self) -> str:
        """The name of the workspace that it is a part of."""
        return self._file.workspace


class WorkspaceMetadata(_Part):
    @property
    def name(self) -> str:
        return self._file.read().name

    @property
    def path(self) -> Path:
        """The workspace's directory."""
        return self._file.path.parent

    @property
    def description(self) -> str | None:
        return self._file.read().description

    async def describe(self, description: str | None) -> None:
        """Name the workspace, if nobody has; with a description, that too."""
        told = {} if description is None else {"description": description}
        await self._file.change(lambda old: {"name": self.workspace, **old, **told})


class WorkspacePrompt(_Part):
    @property
    def settings(self) -> PromptSettings:
        return self._file.read().prompt

    async def update(self, **settings: Any) -> None:
        """Set fields of `PromptSettings`; others stay as they are."""
        await self._file.change(lambda old: {**old, "prompt": old.get("prompt", {}) | settings})


class WorkspaceModels(_Part):
    @property
    def settings(self) -> ModelSettings:
        return self._file.read().models

    async def update_provider(self, name: str, *, active: bool = True, **settings: Any) -> None:
        """Set fields of its `ProviderSettings`, others stay; `active`: have sessions use it."""

        def changed(old: Json) -> Json:
            models = dict(old.get("models", {}))
            providers = dict(models.get("providers", {}))
            models["providers"] = {**providers, name: providers.get(name, {}) | settings}
            if active:
                models["active"] = name
            return {**old, "models": models}

        await self._file.change(changed)


class WorkspaceMcp(_Part):
    """`cleanup` takes back what `start_server` of this object did."""

    def __init__(self, file: SettingsFile) -> None:
        super().__init__(file)
        self._before: dict[str, Json | None] = {}

    @property
    def settings(self) -> dict[str, McpServerSettings]:
        return self._file.read().mcp_servers

    async def start_server(self, name: str, **settings: Any) -> None:
        """Have a server with these `McpServerSettings`, in place of one of that name.

        One of `scope` `session` (the default) is started for each session at its first use, one
        of `scope` `workspace` at once. The next request waits until its tools are known.
        """

        def changed(old: Json) -> Json:
            servers = old.get("mcp_servers", {})
            self._before.setdefault(name, servers.get(name))
            return {**old, "mcp_servers": {**servers, name: settings}}

        await self._file.change(changed)

    async def cleanup(self) -> None:
        """Let the servers that were started here end; what was there before is put back."""
        if not self._before:
            return

        def changed(old: Json) -> Json:
            servers = {**old.get("mcp_servers", {}), **self._before}
            left = {name: one for name, one in servers.items() if one is not None}
            return {**old, "mcp_servers": left}

        await self._file.change(changed)
        self._before = {}


class WorkspaceFiles(_Part):
    @property
    def settings(self) -> tuple[FileSettings, ...]:
        return self._file.read().files

    async def put(self, name: str, **settings: Any) -> None:
        """Have a file with these `FileSettings`, in place of one of that name."""
        await self._file.change(_with_entry("files", "name", {"name": name, **settings}))

    async def remove(self, name: str) -> None:
        await self._file.change(_without_entry("files", "name", name))


class WorkspaceDynamicContext(_Part):
    @property
    def settings(self) -> tuple[DynamicContextSettings, ...]:
        return self._file.read().dynamic_context

    async def put(self, id: str, **settings: Any) -> None:  # noqa: A002 - the setting's own name
        """Have an entry with these `DynamicContextSettings`, in place of one of that id."""
        await self._file.change(_with_entry("dynamic_context", "id", {"id": id, **settings}))

    async def remove(self, id: str) -> None:  # noqa: A002 - the setting's own name
        await self._file.change(_without_entry("dynamic_context", "id", id))


def _with_entry(section: str, key: str, entry: Json) -> Callable[[Json], Json]:
    def changed(old: Json) -> Json:
        entries = old.get(section, [])
        names = [one.get(key) for one in entries]
        if entry[key] not in names:
            return {**old, section: [*entries, entry]}
        return {**old, section: [entry if one.get(key) == entry[key] else one for one in entries]}

    return changed


def _without_entry(section: str, key: str, name: str) -> Callable[[Json], Json]:
    def changed(old: Json) -> Json:
        return {**old, section: [one for one in old.get(section, []) if one.get(key) != name]}

    return changed
