"""The control socket: the way in of the command line and of Python programs.

Frames of JSON: requests in; answers, and the events that were subscribed to, out. Served on the I/O
loop; the actor only opens and closes it. One connection may have any number of requests under way;
what is answered to a peer that has gone is dropped.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from actors.control import feed
from actors.control.frames import FrameError, read_frame
from actors.control.peer import Peer
from actors.gateway import NOT_READY, READY_SECONDS, Gateway
from actors.messages.inbox import AskOnce, is_key
from actors.supervision import BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from actors.terminals.sockets import listen_unix, peer_uid
from storage import codec, durable
from storage.errors import FileRefused
from storage.records.request import Answer, Refusal
from storage.strict_json import parse

CONNECTION_LIMIT = 1024
IDLE_SECONDS = 300.0
"""A connection on which nothing is asked and nothing awaited is closed after this."""
TEND_SECONDS = 2.0
OPEN_SECONDS = 5.0
TOO_MANY = Answer(
    id=None,
    type="",
    ok=False,
    error=Refusal(
        code="too-many-connections",
        message=f"{CONNECTION_LIMIT} connections are open; close some and try again",
    ),
)
NO_KEY = Refusal(
    code="bad-request",
    message="a key has 1 to 100 visible characters of ASCII",
    path="$.key",
)

_log = logging.getLogger(__name__)

StopDaemon = Callable[[bool], None]


class Tend:
    """See whether the socket is still where clients look for it."""


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
        self._inode = 0

    def started(self) -> None:
        self._listen()
        self._tend_later()

    def stopping(self) -> None:
        self._around.data.control_socket.unlink(missing_ok=True)
        with contextlib.suppress(RuntimeError):  # the loop has ended, and all connections with it
            self._around.io.run(self._close()).result(OPEN_SECONDS)

    def on_message(self, message: Any) -> object:
        if isinstance(message, Tend):
            if not self._can_be_found():
                _log.warning("the control socket was removed; it is made again")
                self._listen()
            self._tend_later()
            return None
        return super().on_message(message)

    def _listen(self) -> None:
        """Listen at the socket's path. Connections that are open stay so."""
        path = self._around.data.control_socket
        durable.make_directory(path.parent)
        listening = listen_unix(path)
        self._inode = path.stat().st_ino
        try:
            self._around.io.run(self._serve(listening)).result(OPEN_SECONDS)
        except BaseException:
            listening.close()
            raise

    def _can_be_found(self) -> bool:
        try:
            return self._around.data.control_socket.stat().st_ino == self._inode
        except OSError:
            return False

    def _tend_later(self) -> None:
        self.context.clock.after(TEND_SECONDS, lambda: tell(self.actor_ref, Tend()))

    async def _serve(self, listening: socket.socket) -> None:
        if self._server:
            self._server.close()
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
            if not _is_ours(writer):
                return
            if len(self._connections) > CONNECTION_LIMIT:
                Peer(writer).answer(TOO_MANY)
            else:
                await self._converse(reader, writer)
        except (ConnectionError, FrameError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            with contextlib.suppress(ConnectionError):
                writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(writer)
        try:
            while True:
                try:
                    frame = await read_frame(reader, IDLE_SECONDS)
                except TimeoutError:
                    if not peer.is_idle:
                        continue
                    return
                if frame is None:
                    return
                self._take(frame, peer)
        finally:
            peer.close()

    def _take(self, frame: bytes, peer: Peer) -> None:
        peer.waits_for += 1
        try:
            raw = parse(frame)
        except FileRefused as problem:
            refusal = Refusal(code="bad-request", message=str(problem), path=problem.path)
            peer.answer(Answer(id=None, type="", ok=False, error=refusal))
            return
        kind = raw.get("type") if isinstance(raw, dict) else None
        if kind == "stop-daemon":
            self._end_daemon(raw, peer)
        elif isinstance(kind, str) and kind in feed.TYPES:
            feed.serve(raw, peer, self._around.broadcaster)
        else:
            own = raw if isinstance(raw, dict) else {}
            caller, key = own.pop("caller", None), own.pop("key", None)
            caller = caller if caller is None else str(caller)
            if key is None:
                self._gateway.hand_in(
                    raw,
                    peer.from_any_thread,
                    follow=peer.grown(raw),
                    by="control-socket",
                    caller=caller,
                )
            else:
                self._ask_once(own, key, caller, peer)

    def _ask_once(self, raw: dict[str, Any], key: object, caller: str | None, peer: Peer) -> None:
        """What is asked under a key is done once, whenever and however often it is asked."""
        own_id = raw.pop("id") if isinstance(raw.get("id"), str) else None  # of this connection

        def deliver(told: Answer | bytes) -> None:
            answer = codec.decode(told, Answer) if isinstance(told, bytes) else told
            peer.from_any_thread(replace(answer, id=own_id))

        def refuse(refusal: Refusal) -> None:
            deliver(Answer(id=None, type=str(raw.get("type")), ok=False, error=refusal))

        if not is_key(key):
            refuse(NO_KEY)
            return
        asked = AskOnce(f"{caller or '-'} {key}", raw, "control-socket", deliver, caller)
        clock = self.context.clock
        self._around.inbox.tell_within(READY_SECONDS, asked, clock, lambda: refuse(NOT_READY))

    def _end_daemon(self, raw: dict[str, Any], peer: Peer) -> None:
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


def _is_ours(writer: asyncio.StreamWriter) -> bool:
    """Only this user may speak to the daemon, whatever the mode of the socket's directory."""
    connection = writer.get_extra_info("socket")
    return peer_uid(connection) == os.geteuid()
