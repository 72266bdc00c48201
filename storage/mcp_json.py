"""`.mcp.json`: the tool servers that a directory brings along, as other agents write them.

It comes with a checkout, so nothing of it is trusted: it says how a server is started and no more,
and no variable of our environment is filled in. Whether a server may run is for a person to say.
"""

import re
from pathlib import Path
from typing import Any

from msgspec import Struct

from storage import codec, durable, strict_json
from storage.errors import FileRefused
from storage.records.project_servers import MCP_JSON, ProjectServers
from storage.records.workspace import McpServerSettings

SIZE_LIMIT_BYTES = 256 * 1024
MOST_SERVERS = 32
_SERVER_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
_SHOWN = 60


class _Server(Struct, frozen=True, kw_only=True):
    """What is read of an entry; others write more."""

    type: str | None = None
    command: str | None = None
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    cwd: str | None = None
    url: str | None = None
    headers: dict[str, str] = {}


def read(directory: Path) -> ProjectServers:
    """The servers of the file in `directory`; none where there is no file. Raises nothing."""
    try:
        raw = durable.read_small(directory / MCP_JSON, SIZE_LIMIT_BYTES)
        listed = _listed(strict_json.parse(raw))
    except FileNotFoundError:
        return ProjectServers()
    except FileRefused as error:
        line = f"line {error.line}: " if error.line else ""
        where = f" at {error.path}" if error.path else ""
        return ProjectServers(problems={MCP_JSON: f"{line}{error}{where}"})
    except OSError as error:
        return ProjectServers(problems={MCP_JSON: str(error)})
    servers: dict[str, McpServerSettings] = {}
    problems: dict[str, str] = {}
    for name, entry in listed.items():
        try:
            servers[name] = _settings(name, entry)
        except FileRefused as error:
            problems[name[:_SHOWN]] = f"{error}{f' at {error.path}' if error.path else ''}"
    return ProjectServers(servers=servers, problems=problems)


def _listed(value: Any) -> dict[str, Any]:
    found = value.get("mcpServers", {}) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise FileRefused("it is to be an object with `mcpServers`, an object of servers by name")
    if len(found) > MOST_SERVERS:
        raise FileRefused(f"it names over {MOST_SERVERS} servers", path="$.mcpServers")
    return found


def _settings(name: str, entry: Any) -> McpServerSettings:
    if not _SERVER_NAME.match(name):
        raise FileRefused("the name of a server is 1 to 40 of A-Z a-z 0-9 _ -")
    said = codec.convert(entry, _Server)
    if (said.command is None) == (said.url is None):
        raise FileRefused("it needs either a command or a url")
    if said.type not in {None, "stdio", "http", "streamable-http"}:
        raise FileRefused(f"its type {said.type[:_SHOWN]!r} is not spoken here; stdio and http are")
    if b"${" in codec.encode(said):
        raise FileRefused(
            "variables (`${…}`) are not filled in; name this server in workspace.json instead"
        )
    return McpServerSettings(
        command=said.command,
        args=said.args,
        env=said.env,
        cwd=said.cwd,
        url=said.url,
        headers=said.headers,
    )
