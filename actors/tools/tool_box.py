"""The tools that a session can use: which servers there are, how they are, and a way to call them.

Written by the servers' actors, read by the conversation, from any thread; waiting is done on the
I/O loop. Boxes of several scopes are looked through one after another.
"""

import asyncio
import threading
from typing import Any

from actors.ports import ToolConnection, ToolOutcome
from storage.records.tool import Tool

LOOK_AGAIN_SECONDS = 0.02


class _Server:
    def __init__(self) -> None:
        self.connection: ToolConnection | None = None
        self.tools: tuple[Tool, ...] = ()
        self.problem: str | None = None


class ToolBox:
    def __init__(self) -> None:
        self._servers: dict[str, _Server] = {}
        self._lock = threading.Lock()

    def expect(self, name: str) -> None:
        """A server is being started: `tools` waits for what becomes of it."""
        with self._lock:
            self._servers[name] = _Server()

    def offer(self, name: str, connection: ToolConnection, tools: tuple[Tool, ...]) -> None:
        with self._lock:
            server = self._servers.setdefault(name, _Server())
            server.connection, server.tools, server.problem = connection, tools, None

    def withdraw(self, name: str, problem: str) -> None:
        """The server is gone, or could not be reached."""
        with self._lock:
            server = self._servers.setdefault(name, _Server())
            server.connection, server.tools, server.problem = None, (), problem

    def forget(self, name: str) -> None:
        with self._lock:
            self._servers.pop(name, None)

    @property
    def problems(self) -> dict[str, str]:
        with self._lock:
            return {name: s.problem for name, s in self._servers.items() if s.problem}

    def find(self, tool: str) -> tuple[ToolConnection | None, str]:
        """The connection for `server.tool` and the tool's name there."""
        server, _, name = tool.partition(".")
        with self._lock:
            known = self._servers.get(server)
            return (known.connection if known else None), name

    async def tools(self, timeout_seconds: float) -> tuple[Tool, ...]:
        """All that are offered, once no server is still being started or the time has run out."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        while self._has_pending() and loop.time() < deadline:  # noqa: ASYNC110 - other threads write
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        with self._lock:
            return tuple(tool for server in self._servers.values() for tool in server.tools)

    def _has_pending(self) -> bool:
        with self._lock:
            return any(not s.connection and not s.problem for s in self._servers.values())


async def call_tool(
    boxes: tuple[ToolBox, ...], tool: str, args: dict[str, Any], timeout_seconds: float
) -> ToolOutcome:
    """Call it where it is offered; a server that is gone is an error for the model to read."""
    for box in boxes:
        connection, name = box.find(tool)
        if connection is not None:
            try:
                return await connection.call(name, args, timeout_seconds)
            except ConnectionError as error:
                return ToolOutcome(content=f"the server of {tool} ended: {error}", is_error=True)
    return ToolOutcome(content=f"the server of {tool} does not run", is_error=True)
