"""Frames on a byte stream: four bytes of length, big-endian, then that many bytes.

A length past `MAX_FRAME_BYTES` is refused when it is read, before anything is kept for it.
"""

MAX_FRAME_BYTES = 8 * 1024 * 1024
HEADER_BYTES = 4


class FrameTooLargeError(ValueError):
    """The other side announced, or we wanted to send, more than `MAX_FRAME_BYTES`."""


def frame(payload: bytes) -> bytes:
    _check(len(payload))
    return len(payload).to_bytes(HEADER_BYTES, "big") + payload


class FrameReader:
    """Cuts what comes in into frames, however it was divided on the way."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> list[bytes]:
        """The frames that are whole now. Raises FrameTooLargeError; then the stream is lost."""
        self._buffer += received
        frames = []
        position = 0
        while len(self._buffer) - position >= HEADER_BYTES:
            body = position + HEADER_BYTES
            length = int.from_bytes(self._buffer[position:body], "big")
            _check(length)
            if len(self._buffer) < body + length:
                break
            frames.append(bytes(self._buffer[body : body + length]))
            position = body + length
        del self._buffer[:position]
        return frames


def _check(length: int) -> None:
    if length > MAX_FRAME_BYTES:
        raise FrameTooLargeError(f"frame of {length} bytes, at most {MAX_FRAME_BYTES}")
