"""Commands to a daemon over its control socket, and its events back.

One connection. A thread of its own reads what comes: answers go to whoever waits for them, events
to the delivery, which never makes it wait.
"""

import contextlib
import itertools
import logging
import os
import re
import socket
import threading
from concurrent.futures import Future
from io import BufferedReader
from typing import Any, Self

from msgspec.structs import replace

from actors.library.delivery import Delivery
from actors.library.greenroom import refused
from actors.terminals.sockets import connect_unix, peer_uid
from storage import codec, strict_json
from storage.data_dir import DataDir
from storage.errors import FileRefused
from storage.records.request import Answer, Refusal

CONNECT_SECONDS = 10.0
LISTEN_SECONDS = 60.0
FRAME_LIMIT_BYTES = 8 << 20
"""What the daemon takes; its answers may be longer."""
SUBSCRIPTION = "greenroom-events"
LOST = Refusal(
    code="connection-lost",
    message="the daemon ended before it answered; open it again, and look whether it was done",
)
_log = logging.getLogger(__name__)

_GONE = (FileNotFoundError, ConnectionRefusedError, NotADirectoryError)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class RemoteWay:
    """Fulfils `Way`. Once the daemon has ended everything is refused with `connection-lost`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._changing = threading.Lock()
        self._waiting: dict[str, Future[Answer]] = {}
        self._numbers = itertools.count(1)
        self._is_lost = False
        self._is_listening = False
        self._delivery: Delivery | None = None
        threading.Thread(target=self._read, name="daemon", daemon=True).start()

    @classmethod
    def connected(cls, data: DataDir) -> Self | None:
        """None when nobody listens. PermissionError for another user's daemon, OSError."""
        try:
            connection = connect_unix(data.control_socket, CONNECT_SECONDS)
        except _GONE:
            return None
        if peer_uid(connection) != os.geteuid():
            connection.close()
            raise PermissionError(f"the daemon of {data.root} belongs to another user")
        connection.settimeout(None)
        return cls(connection)

    def ask(self, request: dict[str, Any], timeout_seconds: float | None) -> Answer:
        own_id = request.get("id")
        if own_id is not None and not (isinstance(own_id, str) and _ID.fullmatch(own_id)):
            text = "an id is 1 to 100 of A-Z a-z 0-9 . _ - and begins with a letter or digit"
            return refused(request, Refusal(code="bad-request", message=text, path="$.id"))
        sent_id = own_id or f"py-{os.getpid()}-{next(self._numbers)}"
        payload = codec.encode({**request, "id": sent_id})
        refusal = _cannot_be_sent(payload)
        if refusal:
            return refused(request, refusal)
        answered: Future[Answer] = Future()
        refusal = self._expect(sent_id, answered)
        if refusal:
            return refused(request, refusal)
        try:
            self._send(payload)
            answer = answered.result(timeout_seconds)
        finally:
            with self._changing:
                self._waiting.pop(sent_id, None)
        return replace(answer, id=own_id, type=answer.type or str(request.get("type", "")))

    def _expect(self, sent_id: str, answered: "Future[Answer]") -> Refusal | None:
        with self._changing:
            if self._is_lost:
                return LOST
            if sent_id in self._waiting:
                text = f"the request with id {sent_id} is still waiting for its answer"
                return Refusal(code="bad-request", message=text, path="$.id")
            self._waiting[sent_id] = answered
        return None

    def _send(self, payload: bytes) -> None:
        """A connection that breaks meanwhile is seen by the reader, which tells everybody."""
        with self._sending, contextlib.suppress(OSError):
            self._connection.sendall(len(payload).to_bytes(4, "big") + payload)

    def listen(self, delivery: Delivery) -> None:
        with self._changing:
            self._delivery = delivery
            if self._is_listening:
                return
            self._is_listening = True
        answer = self.ask({"type": "subscribe", "id": SUBSCRIPTION}, LISTEN_SECONDS)
        if answer.error:
            self._is_listening = False
            raise ConnectionError(answer.error.message)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    # In the reader's thread.

    def _read(self) -> None:
        try:
            with self._connection, self._connection.makefile("rb") as stream:
                while frame := _next_frame(stream):
                    self._take(frame)
        except (OSError, FileRefused) as error:
            _log.warning("the connection to the daemon broke: %s", error)
        finally:
            self._lose()

    def _take(self, frame: dict[str, Any]) -> None:
        if "ok" not in frame:
            if frame.get("type") == "event" and self._delivery:
                self._delivery.say(frame["event"])
            return  # how a turn grows is not waited for here
        answer: Answer = codec.convert(frame, Answer)
        with self._changing:
            waiting = self._waiting.get(answer.id or "")
            is_cut = waiting is None and answer.id == SUBSCRIPTION
            if is_cut:
                self._is_listening = False
        if waiting:
            waiting.set_result(answer)
        elif is_cut and answer.error and self._delivery:
            self._delivery.say(answer.error)

    def _lose(self) -> None:
        with self._changing:
            self._is_lost = True
            self._is_listening = False
            waiting = list(self._waiting.values())
            self._waiting.clear()
        for answered in waiting:
            answered.set_result(Answer(id=None, type="", ok=False, error=LOST))
        if self._delivery:
            self._delivery.say(LOST)


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


def _next_frame(stream: BufferedReader) -> dict[str, Any] | None:
    """None at the end, also in the middle of a frame. FileRefused, OSError."""
    length = int.from_bytes(stream.read(4), "big")
    payload = stream.read(length)
    if not payload or len(payload) < length:
        return None
    frame: dict[str, Any] = codec.decode(payload, dict[str, Any])
    return frame
