"""Who is connected to the control socket: what is written to it, and which events it hears.

Used on the I/O loop but where it says otherwise. Nobody ever waits for a peer.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from actors.control.frames import write_frame
from actors.gateway import encoded
from storage import codec
from storage.records.conversation import TurnGrew
from storage.records.request import Answer

if TYPE_CHECKING:
    from actors.control.feed import Feed

GROWING_LIMIT_BYTES = 1 << 20
"""A peer that leaves more than this behind is shown no turn that only grows until it has read."""


class Peer:
    """`waits_for`: how many answers it has still to get. `feeds`: its subscriptions, by id.
    `following`: its requests whose turns it is shown, by id.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.waits_for = 0
        self.feeds: dict[str, Feed] = {}
        self.following: set[str] = set()
        self._writer = writer
        self._loop = asyncio.get_running_loop()

    @property
    def is_idle(self) -> bool:
        """Nothing is on its way to it."""
        return not self.waits_for and not self.feeds

    @property
    def backlog_bytes(self) -> int:
        """What it has not taken yet."""
        return self._writer.transport.get_write_buffer_size()

    @property
    def _is_behind(self) -> bool:
        return self.backlog_bytes > GROWING_LIMIT_BYTES

    def answer(self, answer: Answer) -> None:
        self._write_answer(answer.id, encoded(answer))

    def from_any_thread(self, answer: Answer) -> None:
        payload = encoded(answer)
        self.later(lambda: self._write_answer(answer.id, payload))

    def grown(self, raw: Any) -> Callable[[TurnGrew], bool]:
        """What shows a growing turn to this peer, from any thread; False once it looks no more."""
        own_id = raw.get("id") if isinstance(raw, dict) else None
        if isinstance(own_id, str):
            self.following.add(own_id)

        def show(notice: TurnGrew) -> bool:
            if isinstance(own_id, str) and own_id not in self.following:
                return False
            if self._is_behind and notice.turn and notice.turn.status == "streaming":
                return True  # it is shown a later one, at the latest with its answer
            line = {"id": own_id, "type": "request", "response_id": notice.response_id}
            if notice.turn is not None:
                line |= {"number": notice.turn.number, "turn": notice.turn}
            if notice.permissions:
                line["permissions"] = notice.permissions
            if notice.warnings:
                line["warnings"] = notice.warnings
            payload = codec.encode(line)
            return self.later(lambda: self.write(payload))

        return show

    def later(self, call: Callable[[], None]) -> bool:
        """Call on the loop, from any thread; False if it has ended, and the connection with it."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)
            return True
        return False

    def write(self, payload: bytes) -> None:
        if not self._writer.is_closing():
            write_frame(self._writer, payload)

    def close(self) -> None:
        """It has gone, and hears no more."""
        self.following.clear()
        for feed in list(self.feeds.values()):
            feed.stop()

    def _write_answer(self, own_id: str | None, payload: bytes) -> None:
        self.waits_for -= 1
        self.following.discard(own_id or "")
        self.write(payload)
