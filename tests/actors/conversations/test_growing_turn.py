from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.conversations.growing_turn import (
    SHOW_SECONDS,
    SHOWN_CHARACTERS_PER_SECOND,
    GrowingTurn,
)
from storage.records.message import ProviderContent, TextContent

THINKING = ProviderContent(provider="anthropic", block={"type": "thinking"})


@given(
    pieces=st.lists(st.tuples(st.text(max_size=4), st.booleans()), max_size=30),
    cut=st.integers(1, 3),
)
def test_text_is_whole_however_it_comes_and_whoever_looks(pieces: Any, cut: int) -> None:
    turn, written = GrowingTurn(), ""
    for text, looks in pieces:
        for at in range(0, len(text), cut):
            turn.write(0, text[at : at + cut])
        written += text
        if looks and written:
            assert turn.content() == (TextContent(written),)
    assert turn.content() == ((TextContent(written),) if written else ())


def test_blocks_stand_in_their_order_and_a_finished_one_replaces_its_pieces() -> None:
    turn = GrowingTurn()
    turn.write(1, "one")
    turn.write(2, "tw")
    turn.complete(0, THINKING)
    turn.write(2, "o")
    assert turn.content() == (THINKING, TextContent("one"), TextContent("two"))
    turn.complete(2, TextContent("two!"))
    assert turn.content()[-1] == TextContent("two!")


def test_what_was_looked_at_stays_as_it_was() -> None:
    turn = GrowingTurn()
    turn.write(0, "so")
    before = turn.content()
    turn.write(0, " far")
    assert (before, turn.content()) == ((TextContent("so"),), (TextContent("so far"),))


def test_a_short_turn_is_shown_once_per_frame() -> None:
    turn = GrowingTurn()
    turn.write(0, "x")
    assert turn.is_worth_a_look(10.0)
    assert not turn.is_worth_a_look(10.0 + 0.9 * SHOW_SECONDS)
    assert turn.is_worth_a_look(10.0 + 1.1 * SHOW_SECONDS)


def test_a_long_turn_is_shown_less_often_for_what_each_look_costs() -> None:
    turn = GrowingTurn()
    turn.write(0, "x" * 1_000_000)
    assert turn.is_worth_a_look(10.0)
    pause = 1_000_000 / SHOWN_CHARACTERS_PER_SECOND
    assert not turn.is_worth_a_look(10.0 + 0.9 * pause)
    assert turn.is_worth_a_look(10.0 + 1.1 * pause)
