"""Frames on a stream: 4 bytes of length, big-endian, then that much JSON."""

import asyncio

FRAME_LIMIT_BYTES = 8 << 20
OUT_LIMIT_BYTES = 64 << 20
FRAME_SECONDS = 10.0
"""A frame that was begun must come to its end within this: a local peer needs milliseconds."""


class FrameError(Exception):
    """A length beyond the limit, or a frame without an end: the connection is of no use."""


async def read_frame(reader: asyncio.StreamReader, idle_seconds: float) -> bytes | None:
    """The next payload, None at the end of the stream.

    TimeoutError when nothing has begun within `idle_seconds`; FrameError, IncompleteReadError.
    """
    async with asyncio.timeout(idle_seconds):
        first = await reader.read(1)
    if not first:
        return None
    try:
        async with asyncio.timeout(FRAME_SECONDS):
            return await _rest(reader, first)
    except TimeoutError:
        raise FrameError(f"half a frame, and no more within {FRAME_SECONDS:g} s") from None


async def _rest(reader: asyncio.StreamReader, first: bytes) -> bytes:
    length = int.from_bytes(first + await reader.readexactly(3), "big")
    if length > FRAME_LIMIT_BYTES:
        raise FrameError(f"a frame of {length} bytes; the limit is {FRAME_LIMIT_BYTES}")
    return await reader.readexactly(length)


def write_frame(writer: asyncio.StreamWriter, payload: bytes) -> None:
    """Queue a payload; a peer that lets too much pile up is dropped, never waited for."""
    transport = writer.transport
    if transport.get_write_buffer_size() > OUT_LIMIT_BYTES:
        transport.abort()
        return
    writer.write(len(payload).to_bytes(4, "big") + payload)
