"""Speaks with the daemon over `run/control.sock`: 4 bytes big-endian length, then JSON.

One request at a time; progress frames come before its one answer. Standard library only, and of
that the least: `status` is used in prompts.
"""

from __future__ import annotations

import _socket
import json
import os
import sys

from actors.cli.failures import CommandError, NoDaemonError, RefusedError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Self

PATH_LIMIT_BYTES = 100
"""Below the 104 to 108 that systems allow for the path of a socket."""
FRAME_LIMIT_BYTES = 1 << 28
SENT_LIMIT_BYTES = 8 << 20
"""What the daemon takes at once; it cuts a connection that sends more, unread."""
SHOWN = 60
"""Of an argument in an error."""
ANSWER_SECONDS = 60.0
"""Creating and deleting wait for processes, so this is far above what an answer should take."""
_GONE = (FileNotFoundError, ConnectionRefusedError, NotADirectoryError)


class Connection:
    """An open connection; close it, or use it in a `with`."""

    def __init__(self, data: str) -> None:
        """Connect. NoDaemonError when nobody listens for `data`."""
        self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self._socket.settimeout(ANSWER_SECONDS)
        try:
            _connect(self._socket, f"{data}/run")
            self._check_owner(data)
        except _GONE:
            self.close()
            raise NoDaemonError(data, _no_directory(data)) from None
        except OSError as error:
            self.close()
            raise CommandError(f"cannot reach the daemon of {data}: {error.strerror}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    @property
    def peer_pid(self) -> int | None:
        """The process that listens, as the system knows it; None where it does not say."""
        peer = self._peer()
        return peer[0] if peer else None

    def _check_owner(self, data: str) -> None:
        peer = self._peer()
        if peer and peer[1] != os.getuid():
            self.close()
            raise CommandError(f"the daemon of {data} belongs to another user")

    def _peer(self) -> tuple[int, int] | None:
        """Process and user id of the other side, on Linux."""
        option = getattr(_socket, "SO_PEERCRED", None)
        if option is None:
            return None
        raw = self._socket.getsockopt(_socket.SOL_SOCKET, option, 12)
        return int.from_bytes(raw[:4], sys.byteorder), int.from_bytes(raw[4:8], sys.byteorder)

    def ask(
        self,
        request: dict[str, Any],
        *,
        progress: Callable[[dict[str, Any]], None] | None = None,
        timeout_seconds: float | None = ANSWER_SECONDS,
    ) -> dict[str, Any]:
        """Send `request` under an id of its own and wait for its answer."""
        own = f"cli-{os.urandom(8).hex()}"
        self._socket.settimeout(timeout_seconds)
        response_id = ""
        try:
            self._send({"id": own, **request})
            while True:
                frame = self._receive()
                if frame.get("id") not in {own, None}:
                    continue
                if "ok" in frame:
                    return frame
                response_id = str(frame.get("response_id") or response_id)
                if progress is not None:
                    progress(frame)
        except TimeoutError:
            raise CommandError(
                f"the daemon did not answer {request['type']} within {timeout_seconds:g} s; "
                "it may still do it: see greenroom status and greenroom logs",
                code="timeout",
            ) from None
        except (ConnectionError, EOFError):
            raise CommandError(_lost(request, response_id), code="connection-lost") from None

    def listen(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Subscribe at once; what is returned gives each event as it comes, for ever.

        RefusedError, also when the daemon cuts it off; CommandError `connection-lost` when it ends.
        """
        answer = self.ask(request)
        if not answer["ok"]:
            raise RefusedError(answer)
        self._socket.settimeout(None)
        return self._events()

    def _events(self) -> Iterator[dict[str, Any]]:
        while True:
            try:
                frame = self._receive()
            except (ConnectionError, EOFError):
                text = "the daemon ended, and with it what was listened to"
                raise CommandError(text, code="connection-lost") from None
            if "ok" in frame:
                raise RefusedError(frame)
            yield frame["event"]

    def _send(self, request: dict[str, Any]) -> None:
        try:
            body = json.dumps(request, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"{_undecodable(request)} is not valid UTF-8; nothing was sent: write it in UTF-8,"
                " or name a file that holds it"
            ) from None
        if len(body) > SENT_LIMIT_BYTES:
            raise CommandError(
                f"this makes a request of {len(body)} bytes, and the daemon takes"
                f" {SENT_LIMIT_BYTES} at once; nothing was sent: send less, or name a file in it",
                code="too-large",
            )
        self._socket.sendall(len(body).to_bytes(4, "big") + body)

    def _receive(self) -> dict[str, Any]:
        length = int.from_bytes(self._exactly(4), "big")
        if length > FRAME_LIMIT_BYTES:
            raise CommandError("whoever answers at the control socket is no greenroom daemon")
        try:
            frame = json.loads(self._exactly(length))
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):
            raise CommandError("whoever answers at the control socket is no greenroom daemon")
        return frame

    def _exactly(self, length: int) -> bytes:
        pieces: list[bytes] = []
        while length:
            piece = self._socket.recv(min(length, 1 << 20))
            if not piece:
                raise EOFError
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)


def _undecodable(request: dict[str, Any]) -> str:
    """The argument that no JSON can carry, as it can be shown."""
    values = [each for value in request.values() for each in _strings(value)]
    found = next(each for each in values if any("\ud800" <= letter <= "\udfff" for letter in each))
    # Bytes that are no text stand in an argument as the upper half of these.
    shown = "".join(
        f"\\x{ord(each) - 0xDC00:02x}" if "\udc80" <= each <= "\udcff" else each for each in found
    )
    return f"the argument '{shown if len(shown) <= SHOWN else shown[:SHOWN] + '…'}'"


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in _strings(each)]
    return [value] if isinstance(value, str) else []


def _lost(request: dict[str, Any], response_id: str) -> str:
    """What became of a request whose answer cannot come; `response_id` if it was accepted."""
    if response_id:
        session = response_id.rpartition("-")[0]
        return (
            "the daemon ended before it answered; the request is recorded and goes on when the"
            f" daemon is back, see it with: greenroom history {session}"
        )
    if request["type"] == "request":
        where = f"greenroom history {request['session']}"
    else:
        where = "greenroom status and greenroom logs"
    return (
        f"the daemon ended before it answered {request['type']}; whether it was done: see {where}"
    )


def ask(data: str, request: dict[str, Any]) -> dict[str, Any]:
    """One request on a connection of its own."""
    with Connection(data) as connection:
        return connection.ask(request)


def _no_directory(data: str) -> str | None:
    """Why no daemon can ever run for what is there."""
    if os.path.exists(data) and not os.path.isdir(data):  # noqa: PTH110, PTH112 - no pathlib here
        return f"{data} is not a directory, so no daemon runs for it; name another with --data"
    return None


def _connect(socket: _socket.socket, directory: str) -> None:
    path = f"{directory}/control.sock"
    if len(os.fsencode(path)) <= PATH_LIMIT_BYTES:
        socket.connect(path)
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        socket.connect(f"/proc/self/fd/{descriptor}/control.sock")
    finally:
        os.close(descriptor)
