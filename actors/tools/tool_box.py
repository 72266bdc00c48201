"""The tools that a session can use: which servers there are, how they are, and a way to call them.

Written by the servers' actors, read by the conversation, from any thread; waiting is done on the
I/O loop. Boxes of several scopes are looked through one after another.
"""

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct

from actors.adapters.mcp_listing import Listing
from actors.ports import CallCutOffError, ToldProgress, ToolConnection, ToolOutcome
from storage.records.tool import Tool
from storage.records.workspace import McpServerSettings

LOOK_AGAIN_SECONDS = 0.02
COMES_BACK_SECONDS = 8.0
"""A server that was connected and went is awaited so long: its supervisor starts another."""


State = Literal["starting", "running", "failed"]


class ServerState(Struct, frozen=True, kw_only=True):
    """`since`: when it came to this state. `problem`: why it does not run. `left_out`: which of
    its tools are not offered, and why.
    """

    name: str
    state: State
    since: datetime
    tools: int
    problem: str | None
    left_out: tuple[str, ...]


class _Server:
    """The tools of one that went are those that it had: a call of them says why it went."""

    def __init__(self) -> None:
        self.owner: ToolConnection | None = None
        self.connection: ToolConnection | None = None
        self.listing = Listing()
        self.problem: str | None = None
        self.lost_at: float | None = None
        self.since = datetime.now(UTC)

    def is_pending(self) -> bool:
        """Being started, for the first time or again."""
        if self.connection is not None:
            return False
        if self.problem is None:
            return True
        lost = self.lost_at
        return lost is not None and time.monotonic() - lost < COMES_BACK_SECONDS

    def described(self, name: str) -> ServerState:
        state: State = "failed" if self.problem else "starting"
        return ServerState(
            name=name,
            since=self.since,
            state="running" if self.connection is not None else state,
            tools=len(self.listing.tools),
            problem=self.problem,
            left_out=self.listing.left_out,
        )


class ToolBox:
    def __init__(self) -> None:
        self._servers: dict[str, _Server] = {}
        self._wanted: Mapping[str, McpServerSettings] = {}
        self._settled: Mapping[str, McpServerSettings] = {}
        self._lock = threading.Lock()

    def want(self, servers: Mapping[str, McpServerSettings]) -> bool:
        """`tools` waits until whoever starts the servers has seen these; False if that is so."""
        with self._lock:
            self._wanted = servers
            return self._wanted != self._settled

    def settled(self, servers: Mapping[str, McpServerSettings]) -> None:
        """These are the latest settings, and all of them are expected."""
        with self._lock:
            self._wanted = self._settled = servers

    def expect(self, name: str, owner: ToolConnection | None = None) -> None:
        """A server is being started: `tools` waits for what becomes of it.

        `owner` is its connection to be (None: not made yet); an earlier one has no say any more.
        """
        with self._lock:
            self._servers.setdefault(name, _Server()).owner = owner

    def offer(self, name: str, connection: ToolConnection, listing: Listing) -> None:
        """For the owner of `name`, which whoever comes first is."""
        with self._lock:
            server = self._servers.setdefault(name, _Server())
            if server.owner not in {None, connection}:
                return
            server.owner = connection
            if server.connection is None:
                server.since = datetime.now(UTC)
            server.connection, server.listing, server.problem = connection, listing, None
            server.lost_at = None

    def withdraw(self, name: str, problem: str, owner: ToolConnection) -> None:
        """The server is gone, or could not be reached. Only its owner can say so."""
        with self._lock:
            server = self._servers.get(name)
            if server is None or server.owner is not owner:
                return
            if server.connection is not None:
                server.lost_at = time.monotonic()
            if server.connection is not None or server.problem is None:
                server.since = datetime.now(UTC)
            server.connection, server.problem = None, problem

    def refuse(self, name: str, problem: str) -> None:
        """The server is wanted, but is not to be started."""
        with self._lock:
            self._servers[name] = refused = _Server()
            refused.problem = problem

    def forget(self, name: str) -> None:
        with self._lock:
            self._servers.pop(name, None)

    @property
    def problems(self) -> dict[str, str]:
        with self._lock:
            return {name: s.problem for name, s in self._servers.items() if s.problem}

    def described(self) -> tuple[ServerState, ...]:
        with self._lock:
            return tuple(server.described(name) for name, server in self._servers.items())

    def find(self, tool: str) -> tuple[ToolConnection | None, str]:
        """The connection for `server.tool` and the tool's name there."""
        server, _, name = tool.partition(".")
        with self._lock:
            known = self._servers.get(server)
            return (known.connection if known else None), name

    def problem_of(self, tool: str) -> str | None:
        return self.problems.get(tool.partition(".")[0])

    def is_known(self, server: str) -> bool:
        """Wanted by the settings, or there all the same."""
        with self._lock:
            return server in self._servers or server in self._wanted

    def offered(self) -> tuple[Tool, ...]:
        """All of this moment, in the order of their servers."""
        with self._lock:
            return tuple(tool for s in self._servers.values() for tool in s.listing.tools)

    async def tools(self, timeout_seconds: float) -> tuple[Tool, ...]:
        """All that are offered, once no server is still being started or the time has run out."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        while self._has_pending() and loop.time() < deadline:  # noqa: ASYNC110 - other threads write
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return self.offered()

    def _has_pending(self) -> bool:
        with self._lock:
            if self._wanted != self._settled:
                return True
            return any(server.is_pending() for server in self._servers.values())


async def call_tool(
    boxes: Sequence[ToolBox],
    tool: str,
    args: dict[str, Any],
    timeout_seconds: float | None = None,
    on_progress: ToldProgress | None = None,
) -> ToolOutcome:
    """Call it where it is offered; a server that is gone is an error for the model to read."""
    for box in boxes:
        connection, name = box.find(tool)
        if connection is not None:
            try:
                return await connection.call(name, args, timeout_seconds, on_progress)
            except ConnectionError as error:
                text, was_sent = (
                    f"the server of {tool} ended: {error}",
                    isinstance(error, CallCutOffError),
                )
                return ToolOutcome(content=text, is_error=True, is_unknown=was_sent)
    return not_running(boxes, tool)


def not_running(boxes: Sequence[ToolBox], tool: str) -> ToolOutcome:
    """The error that a call of a tool gives whose server is not there, with what is known of it."""
    problems = [problem for box in boxes if (problem := box.problem_of(tool))]
    server = tool.partition(".")[0]
    if not any(box.is_known(server) for box in boxes):
        problems.append(f"mcp_servers of workspace.json has none of the name {server}")
    why = f": {problems[0]}" if problems else ""
    return ToolOutcome(content=f"the server of {tool} does not run{why}", is_error=True)
