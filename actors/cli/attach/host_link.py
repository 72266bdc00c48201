"""A connection to the terminal host for one thread that waits on many things: it never blocks."""

import selectors
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

from actors.terminals import protocol
from actors.terminals.frames import FrameTooLargeError, frame
from actors.terminals.greeting import RECEIVE_BYTES, Greeted, greet

_LOOK_AGAIN_SECONDS = 0.05


class HostLink:
    """`fileno` is to be watched for `wanted`; an ended link stays ended."""

    def __init__(self, greeted: Greeted) -> None:
        self.welcome = greeted.welcome
        self.is_open = True
        self._connection = greeted.connection
        self._reader = greeted.reader
        self._early = greeted.early
        self._out = bytearray()

    @classmethod
    def connect(cls, data_directory: Path, client: str, timeout_seconds: float) -> Self:
        """Raises OSError, HostUnreachableError."""
        return cls(greet(data_directory, client=client, timeout_seconds=timeout_seconds))

    @classmethod
    def connect_anew(cls, data_directory: Path, client: str, timeout_seconds: float) -> Self:
        """The same to a host whose socket somebody may have removed: it is asked to make it anew.

        Raises OSError, HostUnreachableError; FileNotFoundError where no host lives.
        """
        from actors.terminals.ensure_host import ask_to_bind

        deadline = time.monotonic() + timeout_seconds
        is_asked = False
        while True:
            try:
                return cls.connect(data_directory, client, timeout_seconds)
            except (FileNotFoundError, ConnectionRefusedError):
                is_asked = is_asked or ask_to_bind(data_directory)
                if not is_asked or time.monotonic() > deadline:
                    raise
            time.sleep(_LOOK_AGAIN_SECONDS)

    def fileno(self) -> int:
        return self._connection.fileno()

    @property
    def wanted(self) -> int:
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)

    def send(self, message: protocol.ToHost) -> None:
        self._out += frame(protocol.encode(message))
        self.flush()

    def flush(self) -> None:
        """Send what the socket takes. An error is left for `receive` to find."""
        if self._out:
            with suppress(OSError):
                del self._out[: self._connection.send(self._out)]

    def receive(self) -> list[protocol.FromHost]:
        """What has come; a message that only a newer host knows is passed over."""
        frames, self._early = self._early, []
        try:
            received = self._connection.recv(RECEIVE_BYTES)
            frames += self._reader.feed(received)
            self.is_open = bool(received)
            messages = [protocol.decode_from_host(each) for each in frames]
        except BlockingIOError:
            messages = [protocol.decode_from_host(each) for each in frames]
        except (OSError, FrameTooLargeError, msgspec.MsgspecError):
            self.is_open = False
            return []
        return [message for message in messages if message is not None]

    def close(self) -> None:
        self.is_open = False
        self._connection.close()
