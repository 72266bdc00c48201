"""The process of an MCP server, spoken to over its stdin and stdout.

Fulfils the SDK's `Transport` in place of its own, which hides the process: ours tells when and how
it ended, bounds its stderr, and leaves nobody of its process group behind, also when the server
itself went by the rules.
"""

import asyncio
import asyncio.subprocess
import os
import signal
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from actors.adapters.bounded_log import BoundedLog
from actors.open_files import lower_again

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

# Of our environment a server gets these; the rest is none of its business.
INHERITED = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "USER")
# A line of JSON beyond this is no message; the connection ends.
LONGEST_LINE_BYTES = 16 * 1024 * 1024
# After its stdin closes a server may tidy up that long, after SIGTERM again.
GRACE_SECONDS = 2.0
# What a server said just before it ended is still read that long.
LAST_WORDS_SECONDS = 0.5
POLL_SECONDS = 0.01


class _Protocol(asyncio.subprocess.SubprocessStreamProtocol):
    """Asyncio's streams, and the end as an event, even while a child still holds the pipes."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=64 * 1024, loop=loop)
        self.exited = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()


class StdioServer:
    """One process. `streams` starts it and, left, ends it; `ended` is set once it is of no use."""

    def __init__(
        self,
        command: str,
        args: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None,
        stderr: BoundedLog,
        ended: asyncio.Event,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._argv = (command, *args)
        self._env = {name: os.environ[name] for name in INHERITED if name in os.environ} | dict(env)
        self._cwd = cwd
        self._stderr = stderr
        self._exit_code: int | None = None
        self._ended = ended
        self._grace_seconds = grace_seconds
        self._stdout_done = asyncio.Event()
        self._stderr_done = asyncio.Event()

    @property
    def has_ended(self) -> bool:
        """By itself: its output closed, or it exited."""
        return self._ended.is_set()

    @property
    def end(self) -> str:
        """How it ended, with the last line of its stderr."""
        code, last = self._exit_code, self._stderr.last_line
        if code is None:
            how = "closed its output"
        elif code < 0:
            how = f"was ended by signal {-code}"
        else:
            how = f"exited with status {code}"
        return f"{how}: {last}" if last else how

    @asynccontextmanager
    async def streams(self) -> AsyncGenerator["TransportStreams", None]:
        """Starts the process (OSError or ValueError if that fails) and connects to it."""
        import anyio
        from mcp.shared.message import SessionMessage

        transport, protocol = await self._start()
        lower_again(transport.get_pid() or 0)
        from_server, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        write, to_server = anyio.create_memory_object_stream[SessionMessage](0)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._keep_stderr, protocol)
                tasks.start_soon(self._read, protocol, from_server)
                tasks.start_soon(self._write, protocol, to_server)
                tasks.start_soon(self._watch, protocol, from_server)
                try:
                    yield read, write
                finally:
                    with anyio.CancelScope(shield=True):
                        await _end_group(transport, protocol, self._grace_seconds)
                        self._exit_code = transport.get_returncode()
                        await _within(LAST_WORDS_SECONDS, self._stderr_done)
                    tasks.cancel_scope.cancel()
        finally:
            for stream in (from_server, read, write, to_server):
                stream.close()
            with suppress(PermissionError):
                transport.close()

    async def _start(self) -> tuple[asyncio.SubprocessTransport, _Protocol]:
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.subprocess_exec(
            lambda: _Protocol(loop),
            *self._argv,
            env=self._env,
            cwd=self._cwd,
            start_new_session=True,
        )
        return transport, protocol

    async def _keep_stderr(self, protocol: _Protocol) -> None:
        assert protocol.stderr is not None
        while piece := await protocol.stderr.read(16 * 1024):
            self._stderr.append(piece)
        self._stderr_done.set()

    async def _read(self, protocol: _Protocol, from_server: Any) -> None:
        """One message per line until the output closes; then the session sees the end."""
        import anyio

        assert protocol.stdout is not None
        rest = b""
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            async with from_server:
                while piece := await protocol.stdout.read(64 * 1024):
                    *lines, rest = (rest + piece).split(b"\n")
                    for line in filter(bytes.strip, lines):
                        await from_server.send(_message(line))
                    if len(rest) > LONGEST_LINE_BYTES:
                        break
        self._stdout_done.set()
        self._ended.set()

    async def _write(self, protocol: _Protocol, to_server: Any) -> None:
        assert protocol.stdin is not None
        # A server that is gone is `_watch`'s news, not an error of the writer.
        with suppress(OSError):
            async with to_server:
                async for message in to_server:
                    text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                    protocol.stdin.write(text.encode() + b"\n")
                    await protocol.stdin.drain()

    async def _watch(self, protocol: _Protocol, from_server: Any) -> None:
        await protocol.exited.wait()
        await _within(LAST_WORDS_SECONDS, self._stdout_done)
        await from_server.aclose()
        self._ended.set()


async def _end_group(
    transport: asyncio.SubprocessTransport, protocol: _Protocol, grace_seconds: float
) -> None:
    """Close its stdin, wait; ask the group to end, wait; kill what is left of it."""
    assert protocol.stdin is not None
    protocol.stdin.close()
    await _within(grace_seconds, protocol.exited)
    group = transport.get_pid()
    for ask in (signal.SIGTERM, signal.SIGKILL):
        if not _signal_group(group, ask):
            break
        with suppress(TimeoutError):
            await asyncio.wait_for(_empty(group), grace_seconds)
    await _within(grace_seconds, protocol.exited)


async def _empty(group: int) -> None:
    """Returns when nobody is left in the group. Nothing announces that, so it polls."""
    while _signal_group(group, 0):  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(POLL_SECONDS)


async def _within(seconds: float, event: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def _signal_group(group: int, number: int) -> bool:
    """Whether there was somebody in the group. Zombies of other parents count until reaped."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _message(line: bytes) -> Any:
    """A message, or the error that it is none: the session logs and skips it."""
    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError as error:
        return error
