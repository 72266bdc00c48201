from typing import TYPE_CHECKING

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.cli.watch.frame import drawn, row_of, window

if TYPE_CHECKING:
    from actors.cli.console import Line

ROWS = st.lists(st.text("ab c日\x1b\u202e\x9b", max_size=12), min_size=1, max_size=6)


def screen_of(*writes: str, columns: int = 10, rows: int = 6) -> list[str]:
    screen = pyte.Screen(columns, rows)
    stream = pyte.Stream(screen)
    for each in writes:
        stream.feed(each)
    return [line.rstrip() for line in screen.display]


@given(ROWS, ROWS)
def test_what_is_drawn_over_it_is_what_is_seen(before: list[str], after: list[str]) -> None:
    first = [row_of([(text, "")], 10, colour=False) for text in before]
    then = [row_of([(text, "")], 10, colour=False) for text in after]
    assert screen_of(drawn([], first), drawn(first, then)) == screen_of(drawn([], then))


def test_what_is_shown_already_is_not_written_again() -> None:
    assert drawn(["a", "b", "c"], ["a", "x", "c"]) == "\x1b[2;1Hx\x1b[K"
    assert drawn(["a", "b"], ["a", "b"]) == ""
    assert drawn(["a", "b"], ["a"]) == "\x1b[2;1H\x1b[J"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("abcde", "abcde"),
        ("abcdef", "abcd…"),
        ("日本", "日本"),
        ("日本語", "日本…"),
        ("é́ab", "é́ab"),
    ],
)
def test_a_line_ends_where_the_terminal_does(text: str, shown: str) -> None:
    assert row_of([(text, "")], 5, colour=False) == shown
    assert row_of([(text[:2], ""), (text[2:], "")], 5, colour=False) == shown


def test_nothing_that_a_terminal_obeys_is_in_a_row() -> None:
    row = row_of([("a\x1b]52;c;AA\x07b\r\x9b2J\u202e", "")], 40, colour=False)
    assert row.isprintable()


def lines(count: int) -> "list[Line]":
    return [[(str(number), "")] for number in range(1, count + 1)]


def test_a_long_status_can_be_moved_in() -> None:
    rows, top = window(lines(9), [("f", "")], 0, (60, 4), colour=False)
    assert (rows, top) == (["1", "2", "3", "f  lines 1 to 3 of 9; arrows move"], 0)
    rows, top = window(lines(9), [("f", "")], 99, (60, 4), colour=False)
    assert (rows[:3], top) == (["7", "8", "9"], 6)
    assert window(lines(9), [], -3, (60, 4), colour=False)[1] == 0


def test_a_short_one_has_its_footer_at_the_bottom() -> None:
    assert window(lines(1), [("f", "")], 5, (60, 4), colour=False) == (["1", "", "", "f"], 0)
    assert window(lines(2), [("f", "")], 0, (60, 1), colour=False)[0] == ["1"]
