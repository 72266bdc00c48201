"""The process of an MCP server, spoken to over its stdin and stdout.

Fulfils the SDK's `Transport` in place of its own, which hides the process: ours tells when and how
it ended, bounds its stderr, and runs it under `mcp_launcher`, which leaves nobody of it behind,
whether the server went by the rules or we were killed.
"""

import asyncio
import asyncio.subprocess
import errno
import os
import shutil
import signal
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from actors.adapters.bounded_log import BoundedLog
from actors.adapters.mcp_lines import Line, Lines, answer_of, error_of
from actors.entry import isolated_command
from actors.inherited import UMASK, lower_again

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

# Of our environment a server gets these; the rest is none of its business.
INHERITED = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "USER")
# Of what is no message on its stdout, the log gets so much of a line.
LONGEST_NOISE_BYTES = 500
# A server that asks and asks, and reads no answer, is not read either.
MOST_ANSWERS_WAITING = 64
UNREAD_SECONDS = 0.05
# After its stdin closes a server may tidy up that long; so it may after SIGTERM.
GRACE_SECONDS = 2.0
# What a server said just before it ended is still read that long.
LAST_WORDS_SECONDS = 0.5


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
        self._command = command
        self._args = tuple(args)
        self._env = {name: os.environ[name] for name in INHERITED if name in os.environ} | dict(env)
        self._cwd = cwd
        self._stderr = stderr
        self._exit_code: int | None = None
        self._ended = ended
        self._grace_seconds = grace_seconds
        self._stdout_done = asyncio.Event()
        self._stderr_done = asyncio.Event()
        self._lifeline = -1
        self._fault: str | None = None
        self._is_closing = False
        self._went = False

    @property
    def has_ended(self) -> bool:
        """By itself: its output closed, or it exited."""
        return self._went

    @property
    def end(self) -> str:
        """How it ended, with the last line of its stderr."""
        code, last = self._exit_code, self._stderr.last_line
        if self._fault:
            how = self._fault
        elif code is None:
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
                tasks.start_soon(self._read, protocol, from_server, write)
                tasks.start_soon(self._write, protocol, to_server)
                tasks.start_soon(self._watch, protocol, from_server)
                try:
                    yield read, write
                finally:
                    with anyio.CancelScope(shield=True):
                        await self._end(transport, protocol)
                        self._exit_code = transport.get_returncode()
                        await _within(LAST_WORDS_SECONDS, self._stderr_done)
                    tasks.cancel_scope.cancel()
        finally:
            for stream in (from_server, read, write, to_server):
                stream.close()
            with suppress(PermissionError):
                transport.close()

    async def _start(self) -> tuple[asyncio.SubprocessTransport, _Protocol]:
        _require_program(self._command, self._env.get("PATH"), self._cwd)
        loop = asyncio.get_running_loop()
        read_fd, self._lifeline = os.pipe2(os.O_CLOEXEC)
        try:
            return await loop.subprocess_exec(
                lambda: _Protocol(loop),
                *isolated_command("mcp-launcher", str(read_fd), "--", self._command, *self._args),
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
                umask=UMASK,
                pass_fds=(read_fd,),
            )
        except BaseException:
            self._let_go()
            raise
        finally:
            os.close(read_fd)

    def _let_go(self) -> None:
        """The launcher ends all that is left, and itself."""
        lifeline, self._lifeline = self._lifeline, -1
        if lifeline >= 0:
            os.close(lifeline)

    async def _end(self, transport: asyncio.SubprocessTransport, protocol: _Protocol) -> None:
        """Close its stdin, wait; let go of it, wait; kill what a killed launcher left."""
        self._is_closing = True
        assert protocol.stdin is not None
        protocol.stdin.close()
        await _within(self._grace_seconds, protocol.exited)
        self._let_go()
        await _within(2 * GRACE_SECONDS + 1, protocol.exited)
        _kill_group(transport.get_pid())
        await _within(GRACE_SECONDS, protocol.exited)

    async def _keep_stderr(self, protocol: _Protocol) -> None:
        assert protocol.stderr is not None
        while piece := await protocol.stderr.read(16 * 1024):
            self._stderr.append(piece)
        self._stderr.end()
        self._stderr_done.set()

    async def _read(self, protocol: _Protocol, from_server: Any, write: Any) -> None:
        """One message per line until the output closes; then the session sees the end."""
        import anyio

        assert protocol.stdout is not None
        lines = Lines()
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            async with from_server:
                while self._fault is None and (piece := await protocol.stdout.read(64 * 1024)):
                    for line in lines.feed(piece):
                        while write.statistics().tasks_waiting_send > MOST_ANSWERS_WAITING:  # noqa: ASYNC110 - the stream has no event for it
                            await asyncio.sleep(UNREAD_SECONDS)
                        message = self._message(line)
                        if message is not None:
                            await from_server.send(message)
        self._stdout_done.set()
        self._note_end()

    def _message(self, line: Line) -> Any:
        """None if it is no message: then its beginning goes into the log."""
        from mcp.shared.message import SessionMessage
        from mcp_types import jsonrpc_message_adapter

        text = answer_of(line) if line.is_cut else line.start
        if text is None:
            self._fault = f"sent a line of {line.length} bytes that answers nothing"
            return None
        try:
            return SessionMessage(jsonrpc_message_adapter.validate_json(text, by_name=False))
        except ValueError:
            self._stderr.append(b"stdout: " + line.start[:LONGEST_NOISE_BYTES] + b"\n")
        error = error_of(line, "the answer cannot be read; see the server's log")
        if error is None:
            return None
        return SessionMessage(jsonrpc_message_adapter.validate_json(error, by_name=False))

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
        self._note_end()

    def _note_end(self) -> None:
        self._went |= not self._is_closing
        self._ended.set()


async def _within(seconds: float, event: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _require_program(name: str, path: str | None, cwd: str | None) -> None:
    """The launcher could say it only by its exit. Raises FileNotFoundError."""
    place = os.path.join(cwd or "", name) if "/" in name else name  # noqa: PTH118 - a Path would drop "./"
    if "\0" not in name and shutil.which(place, path=path) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
