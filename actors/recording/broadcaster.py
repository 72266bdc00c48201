"""Tells every subscriber what happened, after it is durable. Keeps nothing, waits for nobody."""

import logging
import threading
from collections.abc import Callable

from actors.messages.recording import Notice

_log = logging.getLogger(__name__)

Handler = Callable[[Notice], None]


class Subscription:
    def __init__(self, unsubscribe: Callable[[], None]) -> None:
        self.unsubscribe = unsubscribe


class Broadcaster:
    """`handler` is called in the publisher's thread, in order per session: it must be short."""

    def __init__(self) -> None:
        self._handlers: dict[int, tuple[str | None, Handler]] = {}
        self._lock = threading.Lock()
        self._next = 0

    def subscribe(self, handler: Handler, session_id: str | None = None) -> Subscription:
        """Hear of everything, or of one session."""
        with self._lock:
            self._next += 1
            number = self._next
            self._handlers = {**self._handlers, number: (session_id, handler)}
        return Subscription(lambda: self._unsubscribe(number))

    def _unsubscribe(self, number: int) -> None:
        with self._lock:
            self._handlers = {n: entry for n, entry in self._handlers.items() if n != number}

    def publish(self, notice: Notice) -> None:
        for session_id, handler in self._handlers.values():
            if session_id is None or session_id == notice.session_id:
                try:
                    handler(notice)
                except Exception:  # noqa: BLE001 - whatever it is, the others hear of it too
                    _log.exception("a subscriber failed")
