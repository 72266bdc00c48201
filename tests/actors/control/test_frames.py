import asyncio

import pytest

from actors.control import frames as control_frames
from actors.control.frames import FRAME_LIMIT_BYTES, FrameError, read_frame


def reader(content: bytes) -> asyncio.StreamReader:
    made = asyncio.StreamReader()
    made.feed_data(content)
    made.feed_eof()
    return made


def frames(content: bytes) -> list[bytes]:
    async def read() -> list[bytes]:
        source, found = reader(content), []
        while (frame := await read_frame(source, 5.0)) is not None:
            found.append(frame)
        return found

    return asyncio.run(read())


def framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


def test_frames_come_whole_and_in_order() -> None:
    assert frames(b"") == []
    assert frames(framed(b"one") + framed(b"") + framed(b"three")) == [b"one", b"", b"three"]


@pytest.mark.parametrize("content", [b"\0", b"\0\0\0\x05abc"])
def test_half_a_frame_is_an_end_in_disorder(content: bytes) -> None:
    with pytest.raises(asyncio.IncompleteReadError):
        frames(content)


def test_a_frame_that_is_not_finished_in_time_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(control_frames, "FRAME_SECONDS", 0.01)

    async def read() -> bytes | None:
        source = asyncio.StreamReader()
        source.feed_data(b"\0\0\0\x05abc")
        return await read_frame(source, 5.0)

    with pytest.raises(FrameError, match="half a frame"):
        asyncio.run(read())


def test_nothing_at_all_is_a_time_out() -> None:
    async def read() -> bytes | None:
        return await read_frame(asyncio.StreamReader(), 0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(read())


def test_a_length_beyond_the_limit_is_refused_before_anything_is_read() -> None:
    with pytest.raises(FrameError, match="the limit is"):
        frames((FRAME_LIMIT_BYTES + 1).to_bytes(4, "big"))
