"""Who is connected to the control socket: what is written to it, and which events it hears.

Used on the I/O loop but where it says otherwise. Nobody ever waits for a peer.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from actors.control.frames import write_frame
from actors.gateway import encoded
from actors.messages.recording import TurnGrew
from storage import codec
from storage.records.request import Answer

if TYPE_CHECKING:
    from actors.control.feed import Feed


class Peer:
    """`waits_for`: how many answers it has still to get. `feeds`: its subscriptions, by id."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.waits_for = 0
        self.feeds: dict[str, Feed] = {}
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

    def answer(self, answer: Answer) -> None:
        self._write_answer(encoded(answer))

    def from_any_thread(self, answer: Answer) -> None:
        payload = encoded(answer)
        self.later(lambda: self._write_answer(payload))

    def grown(self, raw: Any) -> Callable[[TurnGrew], None]:
        """What shows a growing turn to this peer, from any thread."""
        own_id = raw.get("id") if isinstance(raw, dict) else None

        def show(notice: TurnGrew) -> None:
            line = {"id": own_id, "type": "request", "response_id": notice.response_id}
            if notice.turn is not None:
                line |= {"number": notice.turn.number, "turn": notice.turn}
            payload = codec.encode(line)
            self.later(lambda: self.write(payload))

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
        for feed in list(self.feeds.values()):
            feed.stop()

    def _write_answer(self, payload: bytes) -> None:
        self.waits_for -= 1
        self.write(payload)
