"""The tool servers that a session's directory brings along in its `.mcp.json`."""

from collections.abc import Mapping

from msgspec import Struct

from storage.records.workspace import McpServerSettings

MCP_JSON = ".mcp.json"


class ProjectServers(Struct, frozen=True, kw_only=True):
    """`problems`: what cannot be used and why, by the server's name, or the file's own."""

    servers: Mapping[str, McpServerSettings] = {}
    problems: Mapping[str, str] = {}
