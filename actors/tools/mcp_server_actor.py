"""One MCP server as an actor: its end is the actor's end, and the supervisor starts another."""

from collections.abc import Callable
from concurrent.futures import wait
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from msgspec import Struct, field, structs

from actors.adapters.io_loop import IoLoop
from actors.adapters.mcp_tools import McpConnection, placed
from actors.mcp_launcher import ENTER_GROUP, NONCE
from actors.messages.work import EndServer
from actors.redactor import Redactor
from actors.supervision import ActorEndedError, BaseActor, ChildContext, tell
from actors.tools.tool_box import ToolBox
from storage.records.workspace import McpServerSettings

CLOSE_SECONDS = 6.0
"""A server gets 2 s to end by itself and 2 s after SIGTERM before it is killed."""


class Ended(Struct, frozen=True):
    reason: str


class Connect(Struct, frozen=True):
    """Which server, started where, and the file that takes its standard error. `group` gives the
    control group that its next process is to enter, or nothing.

    `{{location_path}}` in the settings stands for where it is started.
    """

    name: str
    settings: McpServerSettings
    cwd: str
    errors: Path
    group: Callable[[], str] = str
    redactor: Redactor = field(default_factory=Redactor)


class McpServerEnded(ActorEndedError):
    """The server went, or could not be reached."""


class McpServerActor(BaseActor):
    """Connects when it starts, and offers its tools in the box while it lives."""

    says_when_it_runs = True

    def __init__(self, context: ChildContext, io: IoLoop, connect: Connect, box: ToolBox) -> None:
        super().__init__(context)
        self._io = io
        self._name = connect.name
        self._box = box
        self._connection = McpConnection(
            connect.name,
            placed(_marked(connect.settings, connect.group()), connect.cwd),
            cwd=connect.cwd,
            errlog_path=connect.errors,
            redactor=connect.redactor,
            on_tools_changed=lambda listing: box.offer(connect.name, self._connection, listing),
        )

    def started(self) -> None:
        self._box.expect(self._name, self._connection)
        self._io.run(self._serve(), self._failed)

    async def _serve(self) -> None:
        try:
            listing = await self._connection.open()
            self._box.offer(self._name, self._connection, listing)
            self.context.report_running()
            self._say(Ended(await self._connection.wait_closed()))
        except ConnectionError as error:
            self._say(Ended(str(error)))

    def _failed(self, error: BaseException) -> None:
        self._say(Ended(f"{type(error).__name__}: {error}"))

    def _say(self, message: Ended) -> None:
        self._box.withdraw(self._name, message.reason, self._connection)
        tell(self.actor_ref, message)

    def on_message(self, message: Any) -> object:
        if isinstance(message, EndServer):
            self._box.withdraw(self._name, message.why, self._connection)
            raise McpServerEnded(message.why)
        if isinstance(message, Ended):
            raise McpServerEnded(message.reason)
        return super().on_message(message)

    def stopping(self) -> None:
        with suppress(RuntimeError):  # the loop has ended, and the server with it
            wait([self._io.run(self._connection.close())], CLOSE_SECONDS)


def _marked(settings: McpServerSettings, group: str) -> McpServerSettings:
    """By the nonce its processes are told from those of its earlier selves."""
    marks = {NONCE: token_hex(8), **({ENTER_GROUP: group} if group else {})}
    return structs.replace(settings, env={**settings.env, **marks})
