"""Asks the daemon over its control socket, from a process of its own.

Each question has a connection and a key of its own: one that a daemon left without an answer is
asked again when that is back, and what it asks for is done once.
"""

import asyncio
import os
import secrets
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
PATIENCE_SECONDS = 15.0
"""So long a daemon that was there, or that its keeper starts, is asked again."""
UNSEEN_SECONDS = 1.0
"""And so long one of which there is no sign."""
_PASSES = frozenset({"no-daemon", "connection-lost", "starting", "interrupted"})


class SocketDaemon:
    """On an asyncio loop. `caller`: as in the port."""

    def __init__(self, data: DataDir, caller: str | None) -> None:
        self.caller = caller
        self._data = data
        self._entrance = asyncio.Semaphore(_MOST_AT_ONCE)

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """See the port. The last answer, if the daemon does not come back in time."""
        payload = codec.encode(self._as_sent(request))
        if len(payload) > SENT_LIMIT_BYTES:
            text = f"this makes a request of {len(payload)} bytes; send less, or name a file in it"
            return _no("too-large", text)
        loop = asyncio.get_running_loop()
        began, failed, expected = 0.0, 0, False
        while True:
            answer = await self._answer(payload, request["type"])
            code = None if answer.get("ok") else (answer.get("error") or {}).get("code")
            if code not in _PASSES:
                return answer
            began = began or loop.time()
            expected = expected or code != "no-daemon" or self._is_expected()
            if loop.time() - began > (PATIENCE_SECONDS if expected else UNSEEN_SECONDS):
                return answer
            await asyncio.sleep(AGAIN_SECONDS[min(failed, 1)])
            failed += 1

    async def _answer(self, payload: bytes, kind: str) -> dict[str, Any]:
        """Asked one time."""
        try:
            reader, writer = await self._connect()
        except OSError as error:
            return _no("no-daemon", self._how_to_start(error))
        try:
            _send(writer, payload)
            while "ok" not in (frame := await _receive(reader)):
                pass
        except (OSError, EOFError, FileRefused):
            text = f"the daemon ended before it answered {kind}; look whether it was"
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
        once = {**request, "key": secrets.token_hex(16)}
        return once if self.caller is None else {**once, "caller": self.caller}

    def _is_expected(self) -> bool:
        """Whether somebody is there who starts it."""
        try:
            os.kill(int((self._data.run / "keeper.pid").read_text("ascii")), 0)
        except (OSError, ValueError):
            return False
        return True

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
