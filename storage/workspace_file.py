"""`workspace.json`: the settings that people write by hand, read strictly.

Promises the defaults where there is no file, and line, path and reason where it cannot be used.
When it is read again, and what stays in force meanwhile, is for who follows it.
"""

from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from storage import durable, strict_json
from storage.errors import FileRefused
from storage.records.agent import CONVERSATION, PROMPT
from storage.records.workspace import (
    ActivityTimes,
    AgentSettings,
    FileSettings,
    McpServerSettings,
    ModelSettings,
    ProviderSettings,
    WorkspaceSettings,
    WorktreeSettings,
)

SIZE_LIMIT_BYTES = 1 << 20
_PLACEHOLDER = "{{"


def read(path: Path) -> WorkspaceSettings:
    """The settings, relative paths made absolute from the file's directory. FileRefused.

    A working directory that begins with a placeholder (`{{location_path}}`) is left as it is.
    """
    raw = content(path)
    return WorkspaceSettings() if raw is None else parsed(raw, path.absolute().parent)


def content(path: Path) -> bytes | None:
    """What stands in the file; None if there is none. FileRefused."""
    try:
        return durable.read_small(path, SIZE_LIMIT_BYTES)
    except FileNotFoundError:
        if path.is_symlink():
            raise FileRefused("a symbolic link that leads nowhere") from None
        return None


def parsed(
    raw: bytes, directory: Path, providers: Collection[str] | None = None
) -> WorkspaceSettings:
    """What a file with this content in `directory` says. FileRefused.

    `providers`: those of models that there are, where that is known.
    """
    settings: WorkspaceSettings = strict_json.parse_as(raw, WorkspaceSettings)
    try:
        _require_ways_in(settings)
        _require_urls(settings)
        _require_providers(settings, providers)
        _require_agents(settings)
        _require_times(settings.activity)
        _require_distinct(settings)
    except FileRefused as error:
        line = strict_json.line_of(raw, error.path) if error.path else None
        raise FileRefused(str(error), line=line, path=error.path) from None
    return _resolved(settings, directory)


def _require_ways_in(settings: WorkspaceSettings) -> None:
    for name, server in settings.mcp_servers.items():
        if (server.command is None) == (server.url is None):
            raise FileRefused(
                f"the MCP server {name} needs either a command or a url",
                path=f"$.mcp_servers.{name}",
            )


def _require_urls(settings: WorkspaceSettings) -> None:
    urls = {f"mcp_servers.{name}.url": one.url for name, one in settings.mcp_servers.items()}
    urls |= {
        f"models.providers.{name}.base_url": one.base_url
        for name, one in settings.models.providers.items()
    }
    for place, url in urls.items():
        if url is not None and not _is_url(url):
            text = "a url begins with http:// or https:// and names a host"
            raise FileRefused(text, path=f"$.{place}")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _require_providers(settings: WorkspaceSettings, there_are: Collection[str] | None) -> None:
    active = settings.models.active
    if there_are is not None and active not in there_are:
        text = f"{active!r} is none of: {', '.join(sorted(there_are))}"
        raise FileRefused(text, path="$.models.active")


def _require_agents(settings: WorkspaceSettings) -> None:
    taken: set[str] = set()
    for number, agent in enumerate(settings.agents):
        path = f"$.agents[{number}]"
        if agent.id in taken:
            raise FileRefused(f"a second agent with the id {agent.id}", path=f"{path}.id")
        taken.add(agent.id)
        _require_placeholders(agent, path)
        for place, name in enumerate(agent.env):
            if name.startswith("GREENROOM_"):
                text = f"{name} is greenroom's own, and no agent gets it"
                raise FileRefused(text, path=f"{path}.env[{place}]")


def _require_distinct(settings: WorkspaceSettings) -> None:
    ids = [entry.id for entry in settings.dynamic_context]
    for number, one in enumerate(ids):
        if one in ids[:number]:
            path = f"$.dynamic_context[{number}].id"
            raise FileRefused(f"a second dynamic context with the id {one}", path=path)


def _require_times(times: ActivityTimes) -> None:
    if times.sustained_seconds >= times.rate_seconds:
        raise FileRefused(
            f"sustained_seconds ({times.sustained_seconds:g}) must be below rate_seconds"
            f" ({times.rate_seconds:g}), else nothing would ever be active",
            path="$.activity.sustained_seconds",
        )


def _require_placeholders(agent: AgentSettings, path: str) -> None:
    """Where an id or a prompt is passed on, it must be said where it goes."""
    for field, placeholder in (
        ("session_id_args", CONVERSATION),
        ("resume_args", CONVERSATION),
        ("prompt_args", PROMPT),
    ):
        words = getattr(agent, field)
        if words and not any(placeholder in word for word in words):
            raise FileRefused(f"{placeholder} is missing here", path=f"{path}.{field}")


def _resolved(settings: WorkspaceSettings, directory: Path) -> WorkspaceSettings:
    return replace(
        settings,
        files=tuple(_file(file, directory) for file in settings.files),
        worktrees=_worktrees(settings.worktrees, directory),
        models=_models(settings.models, directory),
        mcp_servers={
            name: _server(server, directory) for name, server in settings.mcp_servers.items()
        },
    )


def _file(file: FileSettings, directory: Path) -> FileSettings:
    return file if file.path is None else replace(file, path=str(directory / file.path))


def _worktrees(worktrees: WorktreeSettings, directory: Path) -> WorktreeSettings:
    if worktrees.root is None:
        return worktrees
    if "\0" in worktrees.root:
        raise FileRefused("a NUL cannot stand in a path", path="$.worktrees.root")
    return replace(worktrees, root=str(directory / worktrees.root))


def _models(models: ModelSettings, directory: Path) -> ModelSettings:
    providers = {name: _provider(one, directory) for name, one in models.providers.items()}
    return replace(models, providers=providers)


def _provider(provider: ProviderSettings, directory: Path) -> ProviderSettings:
    if provider.script is None:
        return provider
    return replace(provider, script=str(directory / provider.script))


def _server(server: McpServerSettings, directory: Path) -> McpServerSettings:
    if server.cwd is None or server.cwd.startswith(_PLACEHOLDER):
        return server
    return replace(server, cwd=str(directory / server.cwd))
