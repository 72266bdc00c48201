"""The tools of one MCP server: fulfils `ToolConnection`, over stdio or by URL.

One task owns the connection from its beginning to its end, as the SDK demands; calls come from any
task of the same loop. A connection that ended is not revived: `wait_closed` says why it ended, and
the supervisor starts another. The SDK is imported by the first `open`.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import structs

from actors.adapters import mcp_results
from actors.adapters.bounded_log import BoundedLog
from actors.adapters.mcp_stdio import GRACE_SECONDS, StdioServer
from actors.ports import ToolOutcome
from storage.records.tool import Tool
from storage.records.workspace import McpServerSettings

if TYPE_CHECKING:
    from mcp import Client

CONNECT_SECONDS = 15.0
# A server that never stops paging has no tools worth waiting for.
MOST_PAGES = 100
# How long a call that finds the server gone waits for the reason.
REASON_SECONDS = 1.0
_CONNECTION_CLOSED = -32000
QUOTED_CHARACTERS = 500

ToolsChanged = Callable[[tuple[Tool, ...]], None]


class McpConnection:
    """`open`, any number of calls, `close`; all on one loop.

    `grace_seconds`: how long a server may tidy up, after its stdin closed and again after SIGTERM.
    `on_tools_changed` is told the new list when the server says that it changed; it must be quick.
    """

    def __init__(
        self,
        name: str,
        settings: McpServerSettings,
        *,
        cwd: str | None = None,
        errlog_path: Path | None = None,
        connect_timeout_seconds: float = CONNECT_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
        on_tools_changed: ToolsChanged | None = None,
    ) -> None:
        self._name = name
        self._settings = settings
        self._cwd = settings.cwd or cwd
        self._stderr = BoundedLog(errlog_path)
        self._connect_timeout_seconds = connect_timeout_seconds
        self._grace_seconds = grace_seconds
        self._on_tools_changed = on_tools_changed
        self._client: Client | None = None
        self._server: StdioServer | None = None
        self._ready: asyncio.Future[tuple[Tool, ...]] | None = None
        self._owner: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._ended = asyncio.Event()
        self._tools_changed = asyncio.Event()
        self._reason = "closed by us"

    async def open(self) -> tuple[Tool, ...]:
        """Connect and list the tools. ConnectionError in one line if that fails."""
        self._ready = asyncio.get_running_loop().create_future()
        self._owner = asyncio.create_task(self._own(self._ready), name=f"mcp {self._name}")
        try:
            return await asyncio.shield(self._ready)
        except BaseException:
            await self.close()
            raise

    async def list_tools(self) -> tuple[Tool, ...]:
        """All pages, asked anew. ConnectionError when the server is gone."""
        client = self._connected()
        try:
            return await self._list(client)
        except Exception as error:
            raise await self._lost(error) from error

    async def call(self, name: str, args: dict[str, Any], timeout_seconds: float) -> ToolOutcome:
        """See the port. Past the limit the server is told to stop, and the outcome says so."""
        from mcp import MCPError

        client = self._connected()
        try:
            async with asyncio.timeout(timeout_seconds):
                return mcp_results.outcome(await client.call_tool(name, args))
        except TimeoutError:
            text = f"The tool did not answer within its limit of {timeout_seconds:g} seconds."
            return ToolOutcome(content=text, is_error=True)
        except MCPError as error:
            if error.code == _CONNECTION_CLOSED:
                raise await self._lost(error) from error
            return ToolOutcome(content=f"The server refused: {error}", is_error=True)
        except ValueError as error:
            return ToolOutcome(content=f"Not a tool result: {one_line(error)}", is_error=True)
        except Exception as error:
            raise await self._lost(error) from error

    async def close(self) -> None:
        """End the connection and the server's whole process group; returns when it is gone."""
        self._stop.set()
        if self._owner is not None and self._ready is not None:
            if not self._ready.done():
                self._owner.cancel()
            await asyncio.wait({self._owner})

    async def wait_closed(self) -> str:
        """Returns when the connection has ended for whatever reason, with that reason."""
        if self._owner is not None:
            await asyncio.wait({self._owner})
        return self._reason

    async def _own(self, ready: asyncio.Future[tuple[Tool, ...]]) -> None:
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(self._connect_timeout_seconds):
                    client = await self._connect(stack)
                    tools = await self._list(client)
                self._client = client
                ready.set_result(tools)
                await self._stay(client)
                self._client = None
            if not self._stop.is_set():
                self._reason = self._end()
        except Exception as error:  # noqa: BLE001 - every end is told, by `ready` and `_reason`
            self._reason = self._end(error)
        finally:
            self._client = None
            if not ready.done():
                ready.set_exception(self._gone())
                # Whoever was waiting may have been cancelled: then nobody asks for it.
                ready.exception()

    async def _connect(self, stack: AsyncExitStack) -> "Client":
        # In a thread: the import takes half a second, in which the loop has others to serve.
        await asyncio.to_thread(import_module, "mcp")
        from mcp import Client

        if self._settings.url is not None:
            transport: Any = await self._http(stack, self._settings.url)
        elif self._settings.command is not None:
            transport = self._process(self._settings.command).streams()
        else:
            raise ConnectionError("workspace.json gives it neither `command` nor `url`")
        client = Client(transport, mode=self._settings.protocol, message_handler=self._heard)
        return await stack.enter_async_context(client)

    def _process(self, command: str) -> StdioServer:
        self._server = StdioServer(
            command,
            self._settings.args,
            env=self._settings.env,
            cwd=self._cwd,
            stderr=self._stderr,
            ended=self._ended,
            grace_seconds=self._grace_seconds,
        )
        return self._server

    async def _http(self, stack: AsyncExitStack, url: str) -> Any:
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        # No limit for reading: each call has its own.
        timeout = httpx2.Timeout(CONNECT_SECONDS, read=None)
        client = httpx2.AsyncClient(headers=self._settings.headers, timeout=timeout)
        await stack.enter_async_context(client)
        return streamable_http_client(url, http_client=client)

    async def _stay(self, client: "Client") -> None:
        """Until we stop or the server is gone; meanwhile, news of its tools."""
        ends = {asyncio.create_task(event.wait()) for event in (self._stop, self._ended)}
        news = {
            asyncio.create_task(self._listen(client)),
            asyncio.create_task(self._relist(client)),
        }
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ends | news:
                task.cancel()
            await asyncio.gather(*ends, *news, return_exceptions=True)

    async def _listen(self, client: "Client") -> None:
        """News of the tools over a stream of its own, which servers of the newer protocol have."""
        from mcp.client.subscriptions import ListenNotSupportedError

        tools = client.server_capabilities.tools
        if tools is None or not tools.list_changed:
            return
        with suppress(ListenNotSupportedError):
            async with client.listen(tools_list_changed=True) as changes:
                async for _ in changes:
                    self._tools_changed.set()

    async def _heard(self, message: Any) -> None:
        """News of the tools as servers of the older protocol send them."""
        if getattr(message, "method", None) == "notifications/tools/list_changed":
            self._tools_changed.set()

    async def _relist(self, client: "Client") -> None:
        while self._on_tools_changed is not None:
            await self._tools_changed.wait()
            self._tools_changed.clear()
            self._on_tools_changed(await self._list(client))

    async def _list(self, client: "Client") -> tuple[Tool, ...]:
        tools: dict[str, Tool] = {}
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await client.list_tools(cursor=cursor, cache_mode="refresh")
            for described in page.tools:
                trusted = self._settings.trust_hints
                tool = mcp_results.tool(described, self._name, trusted=trusted)
                tools.setdefault(tool.name, tool)
            cursor = page.next_cursor
            if not cursor:
                break
        return tuple(tools.values())

    def _connected(self) -> "Client":
        if self._client is None or self._ended.is_set():
            raise self._gone()
        return self._client

    async def _lost(self, error: Exception) -> ConnectionError:
        """The server is gone, as a call found out; waits a moment to learn why."""
        if not self._ended.is_set():
            self._reason = self._end(error)
            self._ended.set()
        if self._owner is not None:
            await asyncio.wait({self._owner}, timeout=REASON_SECONDS)
        return self._gone()

    def _gone(self) -> ConnectionError:
        return ConnectionError(f"MCP server {self._name}: {self._reason}")

    def _end(self, error: Exception | None = None) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {self._connect_timeout_seconds:g} seconds"
        if self._server is not None and self._server.has_ended:
            return self._server.end
        if error is None:
            return self._reason
        # The host alone: a URL may carry a secret.
        host = urlsplit(self._settings.url).netloc.rpartition("@")[2] if self._settings.url else ""
        return f"{one_line(error)} (at {host})" if host else one_line(error)


def one_line(error: BaseException) -> str:
    """The first cause inside nested groups, in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = " ".join(str(error).split())[:QUOTED_CHARACTERS]
    return text or type(error).__name__


def placed(settings: McpServerSettings, location_path: str) -> McpServerSettings:
    """The settings with `{{location_path}}` filled in, wherever it stands."""

    def fill(text: str) -> str:
        return text.replace("{{location_path}}", location_path)

    return structs.replace(
        settings,
        command=settings.command and fill(settings.command),
        args=tuple(map(fill, settings.args)),
        env={name: fill(value) for name, value in settings.env.items()},
        cwd=settings.cwd and fill(settings.cwd),
        url=settings.url and fill(settings.url),
        headers={name: fill(value) for name, value in settings.headers.items()},
    )
