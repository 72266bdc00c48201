"""Hands events to the handlers of a Python program: one thread, one event after another.

Whoever publishes never waits for a handler. A handler that raises is logged and hurts nobody; one
that is too slow for what happens loses its subscription, and is told.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from actors.messages.heard import ENDED, EVENT_TYPES, heard, is_wanted
from actors.messages.recording import ActivityChanged, Notice, Published
from storage import codec
from storage.records.request import Refusal

MOST_WAITING = 10_000
"""Commits that have not been handed over; more, and every subscription is ended."""

_log = logging.getLogger(__name__)

EventHandler = Callable[[dict[str, Any]], object]
Said = Published | ActivityChanged | dict[str, Any] | Refusal | threading.Event
"""What waits: a commit, a signal, an event that came over a socket, the end of all, a mark."""


class Subscription:
    """`ended` is why nothing more comes, None as long as it lasts or after `unsubscribe`."""

    def __init__(
        self, event_type: str | None, handler: EventHandler, forget: Callable[[], None]
    ) -> None:
        self.event_type = event_type
        self.ended: Refusal | None = None
        self._handler: EventHandler | None = handler
        self._forget = forget

    def unsubscribe(self) -> None:
        """From its return on no call begins; one may be under way in the other thread."""
        self._handler = None
        self._forget()

    def _hand_over(self, event: dict[str, Any]) -> None:
        handler = self._handler
        if handler is None:
            return
        try:
            handler(event)
        except BaseException:  # noqa: BLE001 - not even SystemExit may end what others hear by
            _log.exception("a handler of %s failed", event["type"])

    def hear(self, event: dict[str, Any]) -> None:
        """In the delivery thread."""
        if is_wanted(event["type"], {self.event_type} if self.event_type else None):
            self._hand_over(codec.builtins(event))

    def end(self, why: Refusal) -> None:
        """In the delivery thread. The last that it hears, whatever it asked for."""
        self.ended = why
        timestamp = datetime.now(UTC)
        last = {"type": ENDED, "session_id": None, "timestamp": timestamp, "error": why}
        self._hand_over(codec.builtins(last))
        self.unsubscribe()


class Delivery:
    """`say` may be called from any thread; the rest is for the program's own."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[tuple[int, Said]] = deque()
        self._number = 0
        self._subscriptions: dict[int, Subscription] = {}
        self._thread: threading.Thread | None = None
        self._is_over = False

    def subscribe(self, event_type: str | None, handler: EventHandler) -> Subscription:
        """Hear of what is said from now on. ValueError for a type that there is not."""
        if event_type is not None and event_type not in EVENT_TYPES:
            known = ", ".join(sorted(EVENT_TYPES))
            raise ValueError(f"there is no event of type {event_type!r}; the types are: {known}")
        with self._changed:
            if self._is_over:
                raise RuntimeError("this greenroom is closed; open it again")
            self._number += 1
            number = self._number
            made = Subscription(event_type, handler, lambda: self._forget(number))
            self._subscriptions = {**self._subscriptions, number: made}
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="events", daemon=True)
                self._thread.start()
        return made

    def _forget(self, number: int) -> None:
        with self._changed:
            self._subscriptions = {n: s for n, s in self._subscriptions.items() if n != number}

    def say(self, said: Notice | dict[str, Any] | Refusal) -> None:
        """An event, or the end of all subscriptions. Never waits; growing turns are passed over."""
        if not isinstance(said, Published | ActivityChanged | dict | Refusal):
            return
        with self._changed:
            if not self._subscriptions or self._is_over:
                return
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.clear()
                text = "handlers were too slow for what happened; subscribe again, and look anew"
                said = Refusal(code="too-slow", message=text)
            self._put(said)

    def _put(self, said: Said) -> None:
        self._number += 1
        self._waiting.append((self._number, said))
        self._changed.notify()

    def drain(self, timeout_seconds: float) -> bool:
        """Wait until all that was said so far is handed over; False if the time ran out first."""
        if threading.current_thread() is self._thread:
            return False
        reached = threading.Event()
        with self._changed:
            if self._thread is None or self._is_over:
                return True
            self._put(reached)
        return reached.wait(timeout_seconds)

    def close(self, timeout_seconds: float) -> None:
        """Hand over what was said, then end. Closing twice does nothing."""
        self.drain(timeout_seconds)
        with self._changed:
            self._is_over = True
            self._changed.notify()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_over)
                if not self._waiting:
                    return
                number, said = self._waiting.popleft()
                # Who subscribed after it was said does not hear of it.
                hearing = [s for n, s in self._subscriptions.items() if n < number]
            _pass_on(said, hearing)


def _pass_on(said: Said, hearing: list[Subscription]) -> None:
    if isinstance(said, threading.Event):
        said.set()
        return
    if isinstance(said, Refusal):
        for subscription in hearing:
            subscription.end(said)
        return
    for event in [said] if isinstance(said, dict) else heard(said):
        for subscription in hearing:
            subscription.hear(event)
