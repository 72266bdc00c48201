"""Commands to a daemon over its control socket, and its events back.

One connection at a time. A daemon closes one on which nothing is asked for some minutes, and it may
itself end and come back: the next command connects anew. What was under way then, and whoever
listened, is told.
"""

import itertools
import os
import re
import threading
from collections.abc import Callable
from typing import Any, Self

from msgspec.structs import replace

from actors.library.connection import Connection
from actors.library.delivery import Delivery
from actors.library.way import Deliver, Follow, refused
from actors.terminals.sockets import connect_unix, peer_uid
from storage import codec, strict_json
from storage.data_dir import DataDir
from storage.errors import AlreadyRunning, FileRefused
from storage.records.request import Refusal

CONNECT_SECONDS = 10.0
LISTEN_SECONDS = 60.0
FRAME_LIMIT_BYTES = 8 << 20
"""What the daemon takes; its answers may be longer."""

_HELLO = codec.encode({"type": "unsubscribe", "id": "hello", "subscription": "none"})
"""Answered at once by whatever state the daemon is in, and changes nothing."""
_GONE = (FileNotFoundError, ConnectionRefusedError, NotADirectoryError)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class RemoteWay:
    """Fulfils `Way`. While no daemon answers everything is refused with `connection-lost`."""

    def __init__(self, data: DataDir, connection: Connection) -> None:
        self.data_dir = data
        self._connecting = threading.Lock()
        self._connection = connection
        self._numbers = itertools.count(1)

    @classmethod
    def connected(cls, data: DataDir) -> Self | None:
        """None when nobody listens. AlreadyRunning when one does and does not answer,
        PermissionError for another user's daemon, OSError.
        """
        connection = _connect(data)
        return cls(data, connection) if connection else None

    def hand_in(
        self, request: dict[str, Any], deliver: Deliver, *, follow: Follow | None = None
    ) -> Callable[[], object]:
        own_id, kind = request.get("id"), str(request.get("type", ""))
        sent_id = own_id or f"py-{os.getpid()}-{next(self._numbers)}"
        payload = codec.encode({**request, "id": sent_id})
        refusal = _no_id(own_id) or _cannot_be_sent(payload)
        if refusal is None:
            try:
                return self._connected().hand_in(
                    sent_id,
                    payload,
                    lambda answer: deliver(replace(answer, id=own_id, type=answer.type or kind)),
                    follow,
                )
            except ConnectionError as error:
                refusal = Refusal(code="connection-lost", message=str(error))
        deliver(refused(request, refusal))
        return lambda: None

    def listen(self, delivery: Delivery) -> None:
        self._connected().listen(delivery, LISTEN_SECONDS)

    def _connected(self) -> Connection:
        """The connection, or a new one in place of one that was lost. ConnectionError."""
        with self._connecting:
            if self._connection.is_lost:
                self._connection = self._again()
            return self._connection

    def _again(self) -> Connection:
        try:
            found = _connect(self.data_dir)
        except (OSError, AlreadyRunning) as error:
            raise ConnectionError(str(error)) from error
        if found is None:
            text = (
                f"no daemon answers for {self.data_dir.root} any more; start it, or open it again"
            )
            raise ConnectionError(text)
        return found

    def close(self) -> None:
        self._connection.close()


def _connect(data: DataDir) -> Connection | None:
    try:
        peer = connect_unix(data.control_socket, CONNECT_SECONDS)
        if peer_uid(peer) != os.geteuid():
            peer.close()
            raise PermissionError(f"the daemon of {data.root} belongs to another user")
        peer.settimeout(None)
        return _greeted(Connection(peer))
    except _GONE:
        return None
    except TimeoutError:
        text = (
            f"the daemon of {data.root} does not answer:"
            " `greenroom status` shows it, `greenroom stop` ends it"
        )
        raise AlreadyRunning(text) from None


def _greeted(connection: Connection) -> Connection | None:
    """None when it was closed instead of an answer. TimeoutError."""
    try:
        connection.ask("hello", _HELLO, CONNECT_SECONDS)
    except BaseException:
        connection.close()
        raise
    return None if connection.is_lost else connection


def _no_id(own_id: Any) -> Refusal | None:
    if own_id is None or (isinstance(own_id, str) and _ID.fullmatch(own_id)):
        return None
    text = "an id is 1 to 100 of A-Z a-z 0-9 . _ - and begins with a letter or digit"
    return Refusal(code="bad-request", message=text, path="$.id")


def _cannot_be_sent(payload: bytes) -> Refusal | None:
    """What the daemon could not even answer, as it does not get to see whose it is."""
    if len(payload) > FRAME_LIMIT_BYTES:
        text = f"{len(payload)} bytes; the daemon takes {FRAME_LIMIT_BYTES} at once: send less"
        return Refusal(code="too-large", message=text)
    try:
        strict_json.parse(payload)
    except FileRefused as problem:
        return Refusal(code="bad-request", message=str(problem), path=problem.path)
    return None
