from hypothesis import given
from hypothesis import strategies as st

from actors.terminals.typing_ahead import MOST_BYTES, WRITE_BYTES, NumberedWrite, TypingAhead


def test_what_is_typed_meanwhile_goes_into_the_next_write() -> None:
    ahead = TypingAhead()
    assert ahead.next() is None
    ahead.offer(b"a")
    assert ahead.next() == NumberedWrite(1, b"a")
    ahead.offer(b"b")
    ahead.offer(b"c")
    assert ahead.next() is None
    ahead.typed(1)
    assert ahead.next() == NumberedWrite(2, b"bc")


def test_a_large_paste_goes_in_pieces() -> None:
    ahead = TypingAhead()
    pasted = bytes(range(256)) * 600
    assert ahead.offer(pasted)
    taken = b""
    while write := ahead.next():
        assert len(write.data) <= WRITE_BYTES
        taken += write.data
        ahead.typed(write.number)
    assert taken == pasted


def test_past_the_bound_nothing_is_taken() -> None:
    ahead = TypingAhead()
    assert ahead.offer(bytes(MOST_BYTES))
    assert not ahead.offer(b"x")
    ahead.typed(ahead.next().number)  # type: ignore[union-attr]
    assert ahead.offer(b"x")


def test_a_renewed_lease_says_whether_the_write_had_arrived() -> None:
    for last, left in ((1, None), (0, NumberedWrite(1, b"a"))):
        ahead = TypingAhead()
        ahead.offer(b"a")
        ahead.next()
        ahead.begin_lease(last, is_renewed=True)
        assert ahead.under_way == left


def test_a_new_lease_counts_anew_and_keeps_what_was_typed() -> None:
    ahead = TypingAhead()
    ahead.offer(b"a")
    ahead.next()
    ahead.offer(b"b")
    ahead.begin_lease(0, is_renewed=False)
    assert ahead.next() == NumberedWrite(1, b"ab")


def test_what_is_forgotten_never_arrives() -> None:
    ahead = TypingAhead()
    ahead.offer(b"a")
    ahead.next()
    ahead.offer(b"b")
    ahead.forget()
    assert (ahead.next(), ahead.under_way, ahead.size_bytes) == (None, None, 0)


@given(st.lists(st.one_of(st.binary(max_size=9), st.sampled_from(["confirm", "lost", "arrived"]))))
def test_every_byte_arrives_once_and_in_order(steps: list[bytes | str]) -> None:
    """Whatever is confirmed, and whichever connection ends before or after a write arrived."""
    ahead = TypingAhead()
    arrived: dict[int, bytes] = {}
    typed = b""
    for step in [*steps, *["confirm"] * len(steps)]:
        if isinstance(step, bytes):
            typed += step
            ahead.offer(step)
        elif ahead.under_way is not None:
            if step != "lost":
                arrived.setdefault(ahead.under_way.number, ahead.under_way.data)
            if step == "confirm":
                ahead.typed(ahead.under_way.number)
            else:
                ahead.begin_lease(max(arrived, default=0), is_renewed=True)
        ahead.next()
    while ahead.under_way:
        arrived.setdefault(ahead.under_way.number, ahead.under_way.data)
        ahead.typed(ahead.under_way.number)
        ahead.next()
    assert b"".join(arrived.values()) == typed
