"""One MCP server as an actor: its end is the actor's end, and the supervisor starts another."""

from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from actors.adapters.io_loop import IoLoop
from actors.adapters.mcp_tools import McpConnection
from actors.supervision import BaseActor, ChildContext, ChildSpec
from actors.tools.tool_box import ToolBox
from storage.records.workspace import McpServerSettings, WorkspaceSettings

CLOSE_SECONDS = 6.0
"""A server gets 2 s to end by itself and 2 s after SIGTERM before it is killed."""
LOCATION = "{{location_path}}"


class Ended(Struct, frozen=True):
    reason: str


class McpServerEnded(Exception):
    """The server went, or could not be reached."""


class McpServerActor(BaseActor):
    """Connects when it starts, and offers its tools in the box while it lives."""

    def __init__(
        self,
        context: ChildContext,
        io: IoLoop,
        name: str,
        settings: McpServerSettings,
        cwd: str,
        box: ToolBox,
        errors: Path,
    ) -> None:
        super().__init__(context)
        self._io = io
        self._name = name
        self._box = box
        self._connection = McpConnection(
            name,
            settings,
            cwd=cwd,
            errlog_path=errors,
            on_tools_changed=lambda tools: box.offer(name, self._connection, tools),
        )

    def started(self) -> None:
        self._box.expect(self._name)
        self._io.run(self._serve(), self._failed)

    async def _serve(self) -> None:
        try:
            tools = await self._connection.open()
            self._box.offer(self._name, self._connection, tools)
            self._say(Ended(await self._connection.wait_closed()))
        except ConnectionError as error:
            self._say(Ended(str(error)))

    def _failed(self, error: BaseException) -> None:
        self._say(Ended(f"{type(error).__name__}: {error}"))

    def _say(self, message: Ended) -> None:
        self._box.withdraw(self._name, message.reason)
        if not self.actor_stopped.is_set():
            self.actor_ref.tell(message)

    def on_message(self, message: Any) -> object:
        if isinstance(message, Ended):
            raise McpServerEnded(message.reason)
        return super().on_message(message)

    def stopping(self) -> None:
        closing = self._io.run(self._connection.close())
        wait([closing], CLOSE_SECONDS)


def mcp_children(
    settings: WorkspaceSettings, scope: str, location: str, io: IoLoop, box: ToolBox, logs: Path
) -> Iterator[ChildSpec]:
    """The servers of one scope as children; `{{location_path}}` stands for `location`."""
    for name, server in settings.mcp_servers.items():
        if server.disabled or server.scope != scope:
            continue
        placed = _placed(server, location)
        cwd = placed.cwd or location
        box.expect(name)
        yield ChildSpec(
            id=f"mcp:{name}",
            start=lambda context, n=name, s=placed, c=cwd: McpServerActor.start(  # type: ignore[misc]  # bound per server
                context, io, n, s, c, box, logs / f"mcp-{n}.log"
            ),
            shutdown_seconds=CLOSE_SECONDS + 2,
        )


def _placed(server: McpServerSettings, location: str) -> McpServerSettings:
    def put(text: str) -> str:
        return text.replace(LOCATION, location)

    return replace(
        server,
        args=tuple(put(arg) for arg in server.args),
        cwd=put(server.cwd) if server.cwd else None,
        env={name: put(value) for name, value in server.env.items()},
    )
