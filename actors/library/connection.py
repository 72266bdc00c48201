"""One connection to a daemon: requests out; answers and growing turns back to whoever waits, events
to the delivery.

A thread of its own reads, another writes, so that nobody who is interrupted or tired of waiting
leaves half a frame behind. Once it is lost it stays so.
"""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from io import BufferedReader
from queue import SimpleQueue
from typing import Any

from actors.library.delivery import Delivery
from actors.library.way import Deliver, Follow
from actors.messages.heard import EVENT_TYPES
from storage import codec
from storage.errors import FileRefused
from storage.records.conversation import Turn, TurnGrew
from storage.records.permission import PermissionRequest
from storage.records.request import Answer, Refusal

SUBSCRIPTION = "greenroom-events"
"""The one subscription of a connection, for all that is listened to over it."""
LOST = Refusal(
    code="connection-lost",
    message="the daemon ended before it answered; ask again only after a look whether it was done",
)
UNHEARD = Refusal(
    code="connection-lost",
    message="the daemon ended, or cut the connection; subscribe again, and look anew",
)
_log = logging.getLogger(__name__)


class _Asked:
    """One request that waits for its answer."""

    def __init__(self, deliver: Deliver, follow: Follow | None) -> None:
        self.deliver = deliver
        self.follow = follow
        self.response_id = ""

    def lost(self) -> Refusal:
        """What it is told when the connection breaks: one that was accepted goes on by itself."""
        if not self.response_id:
            return LOST
        text = (
            "the daemon ended before it answered; the request is recorded and goes on when the"
            f" daemon is back, see it with: greenroom history {_session_of(self.response_id)}"
        )
        return Refusal(code=LOST.code, message=text, data={"response_id": self.response_id})


class Connection:
    """Over a connected socket, which it closes at its end."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._outgoing: SimpleQueue[bytes | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._listening = threading.Lock()
        self._waiting: dict[str, _Asked] = {}
        self._delivery: Delivery | None = None
        self._is_lost = False
        for work in (self._read, self._write):
            threading.Thread(target=work, name="daemon", daemon=True).start()

    @property
    def is_lost(self) -> bool:
        with self._lock:
            return self._is_lost

    def ask(self, own_id: str, payload: bytes, timeout_seconds: float | None) -> Answer:
        """The answer to a request; as by `hand_in`. TimeoutError; the answer is dropped then."""
        answered: Future[Answer] = Future()
        forget = self.hand_in(own_id, payload, answered.set_result)
        try:
            return answered.result(timeout_seconds)
        finally:
            forget()

    def hand_in(
        self, own_id: str, payload: bytes, deliver: Deliver, follow: Follow | None = None
    ) -> Callable[[], None]:
        """Send a request that is encoded with this id; `deliver` gets its answer, `LOST` if none
        can come, and `follow` the turns that answer it while they grow.

        Both are called in the reader's thread. What is returned drops the answer.
        """
        asked = _Asked(deliver, follow)
        with self._lock:
            refusal = self._cannot_wait(own_id)
            if refusal is None:
                self._waiting[own_id] = asked
        if refusal:
            deliver(_no(refusal))
        else:
            self._send(payload)
        return lambda: self._forget(own_id, asked)

    def _forget(self, own_id: str, asked: _Asked) -> None:
        with self._lock:
            if self._waiting.get(own_id) is asked:
                del self._waiting[own_id]

    def _send(self, payload: bytes) -> None:
        self._outgoing.put(len(payload).to_bytes(4, "big") + payload)

    def _cannot_wait(self, own_id: str) -> Refusal | None:
        if self._is_lost:
            return LOST
        if own_id in self._waiting:
            text = f"the request with id {own_id} is still waiting for its answer"
            return Refusal(code="bad-request", message=text, path="$.id")
        return None

    def listen(self, delivery: Delivery, timeout_seconds: float) -> None:
        """Say every event to `delivery`, and why no more come. Does nothing while it does so.

        ConnectionError, TimeoutError.
        """
        asked = codec.encode(
            {"type": "subscribe", "id": SUBSCRIPTION, "events": sorted(EVENT_TYPES)}
        )
        with self._listening:
            if self._delivery:
                return
            self._delivery = delivery
            refusal: Refusal | None = LOST
            try:
                refusal = self.ask(SUBSCRIPTION, asked, timeout_seconds).error
            finally:
                if refusal:
                    self._delivery = None
        if refusal:
            raise ConnectionError(refusal.message)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)

    # In threads of its own.

    def _write(self) -> None:
        """A connection that breaks meanwhile is seen by the reader, which tells everybody."""
        with contextlib.suppress(OSError):
            while frame := self._outgoing.get():
                self._peer.sendall(frame)

    def _read(self) -> None:
        try:
            with self._peer, self._peer.makefile("rb") as stream:
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
            elif "response_id" in frame:
                self._show(frame)
            return
        answer: Answer = codec.convert(frame, Answer)
        with self._lock:
            waiting = self._waiting.pop(answer.id or "", None)
            if waiting is None and answer.id == SUBSCRIPTION and answer.error:
                self._end_listening(answer.error)
        if waiting:
            _tell(waiting.deliver, answer)

    def _show(self, frame: dict[str, Any]) -> None:
        """A turn as it is by now; the daemon is told when nobody looks any more."""
        with self._lock:
            waiting = self._waiting.get(frame.get("id") or "")
            if waiting is not None:
                waiting.response_id = frame["response_id"]
        if waiting is None or waiting.follow is None:
            return
        response_id, turn = frame["response_id"], frame.get("turn")
        grown = TurnGrew(
            session_id=_session_of(response_id),
            response_id=response_id,
            turn=codec.convert(turn, Turn) if turn is not None else None,
            permissions=codec.convert(frame.get("permissions", ()), tuple[PermissionRequest, ...]),
        )
        if _tell(waiting.follow, grown) is False:
            waiting.follow = None
            self._send(codec.encode({"type": "unsubscribe", "subscription": frame["id"]}))

    def _lose(self) -> None:
        """Listeners are told before anybody can connect anew and listen to that."""
        self._outgoing.put(None)
        with self._lock:
            self._end_listening(UNHEARD)
            self._is_lost = True
            unanswered = list(self._waiting.values())
            self._waiting.clear()
        for waiting in unanswered:
            _tell(waiting.deliver, _no(waiting.lost()))

    def _end_listening(self, why: Refusal) -> None:
        if self._delivery:
            self._delivery.say(why)
        self._delivery = None


def _tell(call: Callable[[Any], object], said: Any) -> object:
    """What it gives. One that raises hurts nobody else, and wants to hear no more."""
    try:
        return call(said)
    except Exception:  # noqa: BLE001 - a fault of the program, of whatever kind
        _log.exception("a callback failed")
        return False


def _session_of(response_id: str) -> str:
    return response_id.rpartition("-")[0]


def _no(refusal: Refusal) -> Answer:
    return Answer(id=None, type="", ok=False, error=refusal)


def _next_frame(stream: BufferedReader) -> dict[str, Any] | None:
    """None at the end, also in the middle of a frame. FileRefused, OSError."""
    length = int.from_bytes(stream.read(4), "big")
    payload = stream.read(length)
    if not payload or len(payload) < length:
        return None
    frame: dict[str, Any] = codec.decode(payload, dict[str, Any])
    return frame
