"""The last events of all sessions, each with a number, for whoever reads them over HTTP.

There is one as long as the daemon runs; every reader reads from it at its own pace, so that a slow
one costs nothing. What is older is gone: `<daemon start>.<number>` says whether an event was before
or after what is still there.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from actors.messages.heard import heard
from actors.messages.recording import Heard, Notice, Published
from storage import codec

MOST_EVENTS = 10_000
MOST_BYTES = 32 << 20


class Kept(Struct, frozen=True, gc=False):
    """`content`: the event as JSON."""

    number: int
    type: str
    session_id: str
    content: bytes


class Ring:
    """`started`: of this run of the daemon, a whole number that no other run has. Any thread.

    `commits`: how many there were in it, in all journals.
    """

    def __init__(self, started: int, most: int = MOST_EVENTS, most_bytes: int = MOST_BYTES) -> None:
        self._started = started
        self._most = most
        self._most_bytes = most_bytes
        self._kept: dict[int, Kept] = {}
        self._bytes = 0
        self._last = 0
        self.commits = 0
        self._adding = threading.Lock()
        self._listeners: tuple[Callable[[], object], ...] = ()

    @property
    def last(self) -> int:
        """The number of the last event; 0 if there was none."""
        return self._last

    def hear(self, notice: Notice) -> None:
        """Takes its place among the events, if it is one."""
        if not isinstance(notice, Heard):
            return
        told = [(event["type"], codec.encode(event)) for event in heard(notice)]
        with self._adding:
            self.commits += isinstance(notice, Published)
            for kind, content in told:
                number = self._last + 1
                self._kept[number] = Kept(number, kind, notice.session_id, content)
                self._bytes += len(content)
                self._last = number
            self._let_go()
        for listener in self._listeners:
            listener()

    def _let_go(self) -> None:
        while len(self._kept) > self._most or self._bytes > self._most_bytes:
            oldest = self._kept.pop(self._last + 1 - len(self._kept))
            self._bytes -= len(oldest.content)

    def after(self, number: int, most: int) -> list[Kept] | None:
        """The events after `number`, the first `most` of them; None if some of them are gone."""
        with self._adding:
            if number < self._last - len(self._kept):
                return None
            end = min(self._last, number + most)
            return [self._kept[each] for each in range(number + 1, end + 1)]

    def id_of(self, number: int) -> str:
        return f"{self._started}.{number}"

    def number_of(self, id_: str) -> int | None:
        """The number that an id means, None if not all that came after it can be told."""
        started, _, text = id_.partition(".")
        if started != str(self._started) or not (text.isascii() and text.isdigit()):
            return None
        number = int(text[:18])
        return number if self._last - len(self._kept) <= number <= self._last else None

    @contextmanager
    def listening(self, listener: Callable[[], object]) -> Iterator[None]:
        """`listener` is called, in whatever thread, after each addition: it must be short."""
        with self._adding:
            self._listeners = (*self._listeners, listener)
        try:
            yield
        finally:
            with self._adding:
                left = list(self._listeners)
                left.remove(listener)
                self._listeners = tuple(left)
