"""The tools of one MCP server: fulfils `ToolConnection`, over stdio or by URL.

One task owns the connection from its beginning to its end, as the SDK demands; calls come from any
task of the same loop. A connection that ended is not revived: `wait_closed` says why it ended, and
the supervisor starts another. The SDK is imported by the first `open`.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from actors.adapters import mcp_results
from actors.adapters.bounded_log import BoundedLog
from actors.adapters.mcp_http import CONNECT_SECONDS, Attempt, HttpServer, attempted
from actors.adapters.mcp_listing import MOST_TOOLS, Listed, Listing, readable
from actors.adapters.mcp_plain import plain
from actors.adapters.mcp_questions import Questions
from actors.adapters.mcp_secrets import Secrets
from actors.adapters.mcp_stdio import GRACE_SECONDS, StdioServer
from actors.ports import CallCutOffError, ToldProgress, ToolOutcome
from actors.redactor import Redactor
from storage.records.tool import Tool
from storage.records.workspace import McpServerSettings

if TYPE_CHECKING:
    from mcp import Client

# A server that never stops paging has no tools worth waiting for.
MOST_PAGES = 100
# How long a call that finds the server gone waits for the reason.
REASON_SECONDS = 1.0
# A server that says again and again that its tools changed is heard so often.
RELIST_SECONDS = 0.2
LISTEN_AGAIN_SECONDS = 2.0
_CONNECTION_CLOSED = -32000
QUOTED_CHARACTERS = 500

ToolsChanged = Callable[[Listing], None]


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
        redactor: Redactor | None = None,
    ) -> None:
        self._name = name
        self._settings = settings
        self._cwd = settings.cwd or cwd
        self._redactor = redactor or Redactor()
        self._stderr = BoundedLog(errlog_path, hidden=self._redactor.hidden)
        self._connect_timeout_seconds = connect_timeout_seconds
        self._grace_seconds = grace_seconds
        self._on_tools_changed = on_tools_changed
        self._questions = Questions(self._stderr)
        self._secrets = Secrets(settings)
        self._listed = Listed(name, trusted=False)
        self._client: Client | None = None
        self._server: StdioServer | None = None
        self._web: HttpServer | None = None
        self._ready: asyncio.Future[Listing] | None = None
        self._owner: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._ended = asyncio.Event()
        self._tools_changed = asyncio.Event()
        self._reason = "closed by us"

    async def open(self) -> Listing:
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
            return (await self._list(client)).tools
        except Exception as error:
            raise await self._lost(error) from error

    async def call(
        self,
        name: str,
        args: dict[str, Any],
        timeout_seconds: float | None = None,
        on_progress: ToldProgress | None = None,
    ) -> ToolOutcome:
        """See the port. Past the limit the server is told to stop, and the outcome says so."""
        limit = self._settings.timeout_seconds
        if timeout_seconds is not None:
            limit = min(limit, timeout_seconds)
        client = self._connected()
        with self._questions.heard() as asked:
            outcome = await self._answer(client, name, args, limit, on_progress)
        text = "\n".join(part for part in (outcome.content, *asked) if part)
        return structs.replace(outcome, content=self._redactor.hidden(text))

    async def _answer(
        self,
        client: "Client",
        name: str,
        args: dict[str, Any],
        limit_seconds: float,
        on_progress: ToldProgress | None,
    ) -> ToolOutcome:
        from mcp import MCPError

        async def progressed(progress: float, total: float | None, message: str | None) -> None:
            if on_progress is not None:
                far = mcp_results.progress_text(progress, total, message)
                on_progress(self._redactor.hidden(far))

        attempt = Attempt()
        try:
            async with asyncio.timeout(limit_seconds):
                with attempted() as attempt:
                    result = await client.call_tool(name, args, progress_callback=progressed)
                return mcp_results.outcome(result)
        except TimeoutError:
            text = f"The tool did not answer within its limit of {limit_seconds:g} seconds."
            return ToolOutcome(content=text, is_error=True, is_unknown=True)
        except MCPError as error:
            if error.code == _CONNECTION_CLOSED:
                lost = await self._lost(error)
                if attempt.never_left:
                    raise ConnectionError(f"{lost}; this call was not run") from error
                raise CallCutOffError(str(lost)) from error
            text = f"The server refused: {self._refused(error)}"
            return ToolOutcome(content=text, is_error=True)
        except (ValueError, RuntimeError) as error:
            text = f"Not a tool result: {self._secrets.hidden(one_line(error))}"
            return ToolOutcome(content=text, is_error=True)
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

    async def _own(self, ready: asyncio.Future[Listing]) -> None:
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
            self._web = HttpServer(self._settings.url, self._settings.headers)
            transport: Any = self._web.streams()
        elif self._settings.command is not None:
            transport = self._process(self._settings.command).streams()
        else:
            raise ConnectionError("its settings give it neither `command` nor `url`")
        client = Client(
            plain(transport, self._leave_out),
            mode=self._settings.protocol,
            message_handler=self._heard,
            elicitation_callback=self._questions.decline,
        )
        return await stack.enter_async_context(client)

    def _leave_out(self, reason: str) -> None:
        self._listed.leave_out(reason)  # of the list that is being read

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
        from mcp import MCPError
        from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost

        tools = client.server_capabilities.tools
        while tools is not None and tools.list_changed:
            try:
                async with client.listen(tools_list_changed=True) as changes:
                    async for _ in changes:
                        self._tools_changed.set()
            except ListenNotSupportedError:
                return
            except (MCPError, SubscriptionLost):
                pass
            await asyncio.sleep(LISTEN_AGAIN_SECONDS)
            self._tools_changed.set()  # what changed meanwhile was not heard

    async def _heard(self, message: Any) -> None:
        """News of the tools as servers of the older protocol send them."""
        if getattr(message, "method", None) == "notifications/tools/list_changed":
            self._tools_changed.set()

    async def _relist(self, client: "Client") -> None:
        """Whatever is wrong with the new list, the old one does not hold any more."""
        while self._on_tools_changed is not None:
            await self._tools_changed.wait()
            self._tools_changed.clear()
            try:
                listing = await self._list(client)
            except Exception as error:  # noqa: BLE001 - a server that has gone says so elsewhere
                text = f"its changed list of tools cannot be read: {self._refused(error)}"
                listing = Listing(left_out=(text,))
            self._on_tools_changed(listing)
            await asyncio.sleep(RELIST_SECONDS)

    async def _list(self, client: "Client") -> Listing:
        listed = self._listed = Listed(
            self._name, trusted=self._settings.trust_hints, hidden=self._redactor.hidden_json
        )
        cursor: str | None = None
        async with asyncio.timeout(self._connect_timeout_seconds):
            for _ in range(MOST_PAGES):
                page = await client.list_tools(cursor=cursor, cache_mode="refresh")
                listed.add(page.tools)
                cursor = page.next_cursor
                if not cursor:
                    return listed.listing()
                if listed.is_full:
                    listed.end_early(f"all after the first {MOST_TOOLS}")
                    return listed.listing()
        listed.end_early(f"all after page {MOST_PAGES} of its list, which does not end")
        return listed.listing()

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
        return self._secrets.hidden(self._why_ended(error))

    def _why_ended(self, error: Exception | None) -> str:
        where = f" (at {self._web.host})" if self._web and self._web.host else ""
        if isinstance(first_cause(error), TimeoutError):
            return f"no answer within {self._connect_timeout_seconds:g} seconds{where}"
        if self._server is not None and self._server.has_ended:
            return self._server.end
        return self._reason if error is None else self._refused(error) + where

    def _refused(self, error: BaseException) -> str:
        """An error in one line, with what HTTP said."""
        refusal = self._web.refusal if self._web else None
        text = one_line(error)
        return self._secrets.hidden(f"{refusal}: {text}" if refusal else text)


def first_cause(error: BaseException | None) -> BaseException | None:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def one_line(error: BaseException) -> str:
    """The first cause inside nested groups, in one line."""
    error = first_cause(error) or error
    text = readable(" ".join(str(error).split()), QUOTED_CHARACTERS)
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
