"""The control socket: the command line's way in. Frames of JSON, requests in, answers out.

Served on the I/O loop; the actor only opens and closes it. One connection may have any number of
requests under way; what is answered to a peer that has gone is dropped.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from typing import Any

from actors.control.frames import FrameError, read_frame, write_frame
from actors.gateway import Gateway
from actors.messages.recording import TurnGrew
from actors.supervision import BaseActor, ChildContext
from actors.surroundings import Surroundings
from actors.terminals.sockets import listen_unix, peer_uid
from storage import codec
from storage.errors import FileRefused
from storage.records.request import Answer, Refusal
from storage.strict_json import parse

CONNECTION_LIMIT = 256
OPEN_SECONDS = 5.0

StopDaemon = Callable[[bool], None]


class ControlActor(BaseActor):
    """`stop_daemon(keep_terminals)` begins the end of the whole process and returns at once."""

    def __init__(
        self,
        context: ChildContext,
        around: Surroundings,
        gateway: Gateway,
        stop_daemon: StopDaemon,
    ) -> None:
        super().__init__(context)
        self._around = around
        self._gateway = gateway
        self._stop_daemon = stop_daemon
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def started(self) -> None:
        listening = listen_unix(self._around.data.control_socket)
        try:
            self._around.io.run(self._serve(listening)).result(OPEN_SECONDS)
        except BaseException:
            listening.close()
            raise

    def stopping(self) -> None:
        self._around.data.control_socket.unlink(missing_ok=True)
        with contextlib.suppress(RuntimeError):  # the loop has ended, and all connections with it
            self._around.io.run(self._close()).result(OPEN_SECONDS)

    async def _serve(self, listening: socket.socket) -> None:
        self._server = await asyncio.start_unix_server(self._accept, sock=listening)

    async def _close(self) -> None:
        if self._server:
            self._server.close()
        for connection in list(self._connections):
            connection.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            if _is_ours(writer) and len(self._connections) <= CONNECTION_LIMIT:
                await self._converse(reader, writer)
        except (ConnectionError, FrameError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            with contextlib.suppress(ConnectionError):
                writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = _Peer(writer)
        while (frame := await read_frame(reader)) is not None:
            try:
                raw = parse(frame)
            except FileRefused as problem:
                refusal = Refusal(code="bad-request", message=str(problem), path=problem.path)
                peer.answer(Answer(id=None, type="", ok=False, error=refusal))
                continue
            if isinstance(raw, dict) and raw.get("type") == "stop-daemon":
                self._end_daemon(raw, peer)
            else:
                self._gateway.hand_in(raw, peer.from_any_thread, follow=peer.grown(raw))

    def _end_daemon(self, raw: dict[str, Any], peer: "_Peer") -> None:
        own_id = raw.get("id")
        peer.answer(
            Answer(
                id=own_id if isinstance(own_id, str) else None,
                type="stop-daemon",
                ok=True,
                data={"pid": os.getpid()},
            )
        )
        self._stop_daemon(raw.get("keep_terminals") is True)


class _Peer:
    """Who is connected; used on the loop but where it says otherwise."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._loop = asyncio.get_running_loop()

    def answer(self, answer: Answer) -> None:
        self._write(codec.encode(answer))

    def from_any_thread(self, answer: Answer) -> None:
        self._later(codec.encode(answer))

    def grown(self, raw: Any) -> Callable[[TurnGrew], None]:
        """What shows a growing turn to this peer, from any thread."""
        own_id = raw.get("id") if isinstance(raw, dict) else None

        def show(notice: TurnGrew) -> None:
            line = {"id": own_id, "type": "request", "response_id": notice.response_id}
            if notice.turn is not None:
                line |= {"number": notice.turn.number, "turn": notice.turn}
            self._later(codec.encode(line))

        return show

    def _later(self, payload: bytes) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and the connection with it
            self._loop.call_soon_threadsafe(self._write, payload)

    def _write(self, payload: bytes) -> None:
        if not self._writer.is_closing():
            write_frame(self._writer, payload)


def _is_ours(writer: asyncio.StreamWriter) -> bool:
    """Only this user may speak to the daemon, whatever the mode of the socket's directory."""
    connection = writer.get_extra_info("socket")
    return peer_uid(connection) == os.geteuid()
