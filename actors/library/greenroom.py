"""What a Python program holds: commands go in and are answered, events come out.

All that comes back is plain JSON (dicts, lists, strings, numbers, None) as in docs/protocol.md, the
same on every way, and the caller's own. How commands get there is for the `Way`.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

from actors.library.delivery import Delivery, EventHandler, Subscription
from actors.library.named_calls import NamedCalls
from actors.library.way import Deliver, Follow, Way, refused
from storage import codec
from storage.data_dir import DataDir
from storage.records.request import Answer, AnyRequest, Refusal

CLOSE_SECONDS = 10.0
"""Handlers get this long for what they have not heard of yet."""


class Greenroom(NamedCalls):
    """Made by `open`. Every method may be called from any thread, handlers included."""

    def __init__(self, way: Way) -> None:
        super().__init__()
        self._way = way
        self._delivery = Delivery()
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def data_dir(self) -> DataDir | None:
        """Where the terminals are; None of a repository alone."""
        return self._way.data_dir

    def dispatch(
        self, command: AnyRequest | dict[str, Any], timeout_seconds: float | None = None
    ) -> Answer:
        """Do `command`, a request of `storage.records.request` or its JSON; its answer.

        `ok` and `data`, or `error` with `code` and `message`: a no is an answer, not an exception.
        TimeoutError once `timeout_seconds` have passed; RuntimeError after `close`.
        """
        answered: Future[Answer] = Future()
        forget = self.hand_in(command, answered.set_result)
        try:
            answer = answered.result(timeout_seconds)
        finally:
            forget()
        return replace(answer, data=codec.builtins(answer.data))

    def hand_in(
        self,
        command: AnyRequest | dict[str, Any],
        deliver: Deliver,
        *,
        follow: Follow | None = None,
    ) -> Callable[[], object]:
        """The same without waiting for the answer: `deliver` gets it, once, in some thread.

        Its data is plain JSON or records, to be converted by whoever gets it. `follow` hears of the
        turns that answer a request while they grow. What is returned lets go of the answer.
        RuntimeError after `close`.
        """
        if self._is_closed:
            raise RuntimeError("this greenroom is closed; open it again")
        request = _as_json(command)
        if isinstance(request, Refusal):
            deliver(refused({}, request))
            return lambda: None
        return self._way.hand_in(request, deliver, follow=follow)

    def subscribe(self, event_type: str | None, handler: EventHandler) -> Subscription:
        """Call `handler` with every event of that type (None: of all types) from now on.

        An event is a dict: `type`, `session_id`, `timestamp` and its own fields. Handlers are
        called one after another in a thread of their own, each with a copy. ValueError for an
        unknown type, ConnectionError where nobody can be listened to any more.
        """
        made = self._delivery.subscribe(event_type, handler)
        try:
            self._way.listen(self._delivery)
        except BaseException:
            made.unsubscribe()
            raise
        return made

    def drain(self, timeout_seconds: float = CLOSE_SECONDS) -> bool:
        """Wait until handlers have heard of all that was answered so far; False if they have not.

        In a handler it returns False at once.
        """
        return self._delivery.drain(timeout_seconds)

    def close(self) -> None:
        """Let handlers hear what happened, then let go; what ran in this process ends, terminals
        live on. Closing twice does nothing.
        """
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._detach_all()
        self._delivery.close(CLOSE_SECONDS)
        self._way.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _as_json(command: Any) -> dict[str, Any] | Refusal:
    try:
        codec.require_no_bytes(command)
        request = codec.builtins(command)
    except (TypeError, ValueError, RecursionError) as error:
        return Refusal(code="bad-request", message=f"this is no JSON: {error}")
    if not isinstance(request, dict):
        text = "a command is a request of storage.records.request, or a dict with its `type`"
        return Refusal(code="bad-request", message=text, path="$")
    return request
