"""A connection that is told of every change, and asks for the status when that is wanted.

Nothing waits for the daemon: `arrived` gives what has come, for a loop that has more to look at.
"""

from __future__ import annotations

import json

from actors.cli.connection import FRAME_LIMIT_BYTES, Connection
from actors.cli.failures import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = dict[str, Any]

STATUS_ID = "watch-status"
SUBSCRIPTIONS: tuple[Json, ...] = (
    {"id": "watch-events", "type": "subscribe"},
    {"id": "watch-activity", "type": "subscribe", "events": ["worker-activity"]},
)
"""Activity is only told to those who ask for it by its name."""


class Follower(Connection):
    """Subscribed from its making on. NoDaemonError when nobody listens."""

    def __init__(self, data: str) -> None:
        super().__init__(data)
        self._unread = b""
        for each in SUBSCRIPTIONS:
            self._send(each)

    def fileno(self) -> int:
        return self._socket.fileno()

    def want_status(self) -> None:
        """Its answer comes as one of the frames, with the id `STATUS_ID`. OSError if lost."""
        self._send({"id": STATUS_ID, "type": "get-status"})

    def arrived(self) -> list[Json]:
        """The frames that have come since. EOFError or OSError at the end of the connection."""
        self._socket.settimeout(0)
        try:
            came = self._socket.recv(1 << 20)
        except BlockingIOError:
            return []
        finally:
            self._socket.settimeout(None)
        if not came:
            raise EOFError
        self._unread += came
        return list(self._whole())

    def _whole(self) -> list[Json]:
        frames = []
        while len(self._unread) >= 4:
            length = int.from_bytes(self._unread[:4], "big")
            if length > FRAME_LIMIT_BYTES:
                raise CommandError("whoever answers at the control socket is no greenroom daemon")
            if len(self._unread) < 4 + length:
                break
            frame, self._unread = self._unread[4 : 4 + length], self._unread[4 + length :]
            frames.append(_read(frame))
        return frames


def _read(frame: bytes) -> Json:
    try:
        value = json.loads(frame)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise CommandError("whoever answers at the control socket is no greenroom daemon")
    return value
