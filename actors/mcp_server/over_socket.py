"""Asks the daemon over its control socket, from a process of its own.

Each question has a connection of its own, so that a daemon that went and came back is no more than
a question that is asked again. Nothing is sent twice.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from actors.messages.heard import EVENT_TYPES
from actors.terminals.sockets import connect_unix, peer_uid
from storage import codec
from storage.data_dir import DataDir
from storage.errors import FileRefused

CONNECT_SECONDS = 10.0
SENT_LIMIT_BYTES = 8 << 20
"""The daemon cuts a connection that sends more at once."""
AGAIN_SECONDS = (0.1, 0.5, 2.0)
_MOST_AT_ONCE = 32


class SocketDaemon:
    """On an asyncio loop. `caller`: as in the port."""

    def __init__(self, data: DataDir, caller: str | None) -> None:
        self.caller = caller
        self._data = data
        self._entrance = asyncio.Semaphore(_MOST_AT_ONCE)

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        payload = codec.encode(self._as_sent(request))
        if len(payload) > SENT_LIMIT_BYTES:
            text = f"this makes a request of {len(payload)} bytes; send less, or name a file in it"
            return _no("too-large", text)
        try:
            reader, writer = await self._connect()
        except OSError as error:
            return _no("no-daemon", self._how_to_start(error))
        try:
            _send(writer, payload)
            while "ok" not in (frame := await _receive(reader)):
                pass
        except (OSError, EOFError, FileRefused):
            text = f"the daemon ended before it answered {request['type']}; look whether it was"
            return _no("connection-lost", f"{text} done, by get_session_status or list_sessions")
        finally:
            writer.close()
        return frame

    @asynccontextmanager
    async def changes(self, session_id: str) -> AsyncIterator[asyncio.Event]:
        changed = asyncio.Event()
        following = asyncio.create_task(self._follow(session_id, changed))
        try:
            yield changed
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    async def _follow(self, session_id: str, changed: asyncio.Event) -> None:
        """For ever: a daemon that has gone is looked for until it is back."""
        failed = 0
        while True:
            with suppress(OSError, EOFError, FileRefused):
                async for _ in self._events(session_id):
                    failed = 0
                    changed.set()
            changed.set()
            await asyncio.sleep(AGAIN_SECONDS[min(failed, len(AGAIN_SECONDS) - 1)])
            failed += 1

    async def _events(self, session_id: str) -> AsyncIterator[dict[str, Any]]:
        """Its answer first; from then on nothing is missed. OSError, EOFError, FileRefused."""
        wanted = {"events": sorted(EVENT_TYPES), "session": session_id}
        reader, writer = await self._connect()
        try:
            _send(writer, codec.encode({"type": "subscribe", "id": "changes", **wanted}))
            while True:
                yield await _receive(reader)
        finally:
            writer.close()

    def _as_sent(self, request: dict[str, Any]) -> dict[str, Any]:
        return request if self.caller is None else {**request, "caller": self.caller}

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with self._entrance:
            path = self._data.control_socket
            made = await asyncio.to_thread(connect_unix, path, CONNECT_SECONDS)
            if peer_uid(made) != os.geteuid():
                made.close()
                raise PermissionError("the daemon belongs to another user")
            made.setblocking(False)
            return await asyncio.open_unix_connection(sock=made)

    def _how_to_start(self, error: OSError) -> str:
        place = f"greenroom start --data {self._data.root}"
        if isinstance(error, FileNotFoundError | ConnectionRefusedError):
            return f"no greenroom daemon runs; a person starts it with: {place}"
        return f"the daemon cannot be reached ({error}); a person starts it with: {place}"


def _send(writer: asyncio.StreamWriter, payload: bytes) -> None:
    writer.write(len(payload).to_bytes(4, "big") + payload)


async def _receive(reader: asyncio.StreamReader) -> dict[str, Any]:
    length = int.from_bytes(await reader.readexactly(4), "big")
    frame: dict[str, Any] = codec.decode(await reader.readexactly(length), dict[str, Any])
    return frame


def _no(code: str, message: str) -> dict[str, Any]:
    return {"ok": False, "error": {"code": code, "message": message}}
