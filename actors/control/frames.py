"""Frames on a stream: 4 bytes of length, big-endian, then that much JSON."""

import asyncio

FRAME_LIMIT_BYTES = 8 << 20
OUT_LIMIT_BYTES = 64 << 20


class FrameError(Exception):
    """A length beyond the limit, or a peer that does not read: the connection is of no use."""


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next payload, None at the end of the stream. FrameError, IncompleteReadError."""
    try:
        head = await reader.readexactly(4)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    length = int.from_bytes(head, "big")
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
