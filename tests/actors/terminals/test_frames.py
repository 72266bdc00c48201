import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.terminals.frames import MAX_FRAME_BYTES, FrameReader, FrameTooLargeError, frame


@given(st.lists(st.binary(max_size=50)), st.integers(min_value=1, max_value=20))
def test_frames_come_out_however_they_were_divided(payloads: list[bytes], size: int) -> None:
    stream = b"".join(map(frame, payloads))
    reader = FrameReader()
    got = []
    for start in range(0, len(stream), size):
        got += reader.feed(stream[start : start + size])
    assert got == payloads


def test_a_length_too_large_is_refused_before_its_bytes_come() -> None:
    with pytest.raises(FrameTooLargeError, match="at most"):
        FrameReader().feed((MAX_FRAME_BYTES + 1).to_bytes(4, "big"))


def test_a_payload_too_large_is_not_framed() -> None:
    with pytest.raises(FrameTooLargeError, match="at most"):
        frame(bytes(MAX_FRAME_BYTES + 1))
