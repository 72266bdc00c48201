"""The tools as an MCP server, in whichever revision of the protocol a client speaks.

A no is a result that the model reads, with our code and what to do next; so is a wrong argument.
"""

import logging
from importlib import metadata
from typing import Any

from mcp.server.lowlevel.server import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ListedTool

from actors.mcp_server import leading, looking, shown, timers, waiting
from actors.mcp_server.arguments import Arguments
from actors.mcp_server.port import Daemon, Refused
from actors.mcp_server.tool import Asked, Progress, Told, Tool
from storage import codec, typed
from storage.errors import FileRefused
from storage.strict_json import full_path

TOOLS: tuple[Tool, ...] = (*looking.TOOLS, *leading.TOOLS, *waiting.TOOLS, *timers.TOOLS)
BY_NAME = {tool.name: tool for tool in TOOLS}
INSTRUCTIONS = (
    "greenroom keeps agents and terminals running as sessions. Start one with create_session, wait"
    " for it with wait_for, read what it did with read_output, go on with send_message, and close"
    " it with close_session when its work is taken over. When wait_for says asking, look at what is"
    " asked and use answer_permission. To look at something again later, set_timer gives you a"
    " message then."
)
_log = logging.getLogger(__name__)


def make_server(daemon: Daemon) -> Server[Any]:
    async def list_tools(_: Any, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_listed(tool) for tool in TOOLS])

    async def call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
        async def progress(seconds: float, text: str) -> None:
            await context.session.report_progress(round(seconds, 1), message=text)

        return await call(daemon, params.name, params.arguments or {}, progress)

    return Server(
        "greenroom",
        version=_version(),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def call(
    daemon: Daemon, name: str, arguments: dict[str, Any], progress: Progress
) -> CallToolResult:
    tool = BY_NAME.get(name)
    if tool is None:
        text = f"there is no tool {name[:100]!r}; these are: {', '.join(BY_NAME)}"
        return _no("unknown-tool", text)
    try:
        given = codec.convert(arguments, tool.arguments)
        told = await tool.run(Asked(daemon, progress), given)
    except FileRefused as problem:
        return _no("bad-request", str(problem), full_path(problem))
    except Refused as refused:
        return _no(refused.code, str(refused), refused.path)
    except Exception:  # noqa: BLE001 - the client hears of it, and the server goes on
        _log.exception("tool %s failed", tool.name)
        return _no("internal-error", "greenroom failed at this; see greenroom logs")
    return _yes(told)


def _yes(told: Told) -> CallToolResult:
    text = TextContent(type="text", text=shown.beginning(told.text))
    return CallToolResult(content=[text], structured_content=told.data)


def _no(code: str, message: str, path: str | None = None) -> CallToolResult:
    told = {"code": code, "message": message, **({} if path is None else {"path": path})}
    where = "" if path is None else f" (at {path})"
    text = TextContent(type="text", text=f"{code}: {message}{where}")
    return CallToolResult(content=[text], structured_content={"error": told}, is_error=True)


def _listed(tool: Tool) -> ListedTool:
    return ListedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=_schema(tool.arguments),
        annotations=ToolAnnotations(
            read_only_hint=tool.reads,
            destructive_hint=tool.ends,
            idempotent_hint=tool.reads,
            open_world_hint=False,
        ),
    )


def _schema(arguments: type[Arguments]) -> dict[str, Any]:
    """Of the object itself, as the protocol wants it, with those that it refers to."""
    _, named = typed.json_schemas((arguments,), "#/$defs/{name}")
    own: dict[str, Any] = _in_short(named.pop(arguments.__name__))
    return {**own, "$defs": {name: _in_short(each) for name, each in named.items()}}


def _in_short(schema: dict[str, Any]) -> dict[str, Any]:
    """What may be left out need not be null as well: it reads better without."""
    fields = {name: _or_nothing(each) for name, each in schema["properties"].items()}
    return {**schema, "properties": fields}


def _or_nothing(field: dict[str, Any]) -> dict[str, Any]:
    kinds = [each for each in field.get("anyOf", ()) if each != {"type": "null"}]
    if len(kinds) > 1:
        return {**field, "anyOf": kinds}
    return kinds[0] if kinds else field


def _version() -> str:
    try:
        return metadata.version("greenroom")
    except metadata.PackageNotFoundError:
        return "0.1.0"
