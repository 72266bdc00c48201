import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.terminals.screen import MOST_COLS, MOST_ROWS, MOST_TITLE, Look, Place, Screen


def shown(data: str | bytes, cols: int = 20, rows: int = 5) -> Screen:
    screen = Screen(cols, rows)
    screen.feed(data if isinstance(data, bytes) else data.encode())
    return screen


def test_a_screen_shows_text_cursor_size_and_title() -> None:
    screen = shown("\x1b]0;editor\x07one\r\n  two  \r\n")
    assert screen.text() == "one\n  two"
    assert screen.look(9) == Look(
        lines=("one", "  two", "", "", ""),
        cursor=Place(0, 2),
        cols=20,
        rows=5,
        title="editor",
        offset=9,
    )


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("abc\x1b[2DX", "aXc"),
        ("one\x1b[2;3Htwo", "one\n  two"),
        ("abcdef\x1b[3G\x1b[K", "ab"),
        ("abcdef\x1b[3G\x1b[1K", "   def"),
        ("abc\x1b[2K", ""),
        ("abc\x1b[9K", "abc"),
        ("a\r\nb\r\nc\x1b[2;1H\x1b[J", "a"),
        ("a\r\nb\r\nc\x1b[2;1H\x1b[1J", "\n\nc"),
        ("a\r\nb\x1b[2J", ""),
        ("a\r\nb\x1b[5J", "a\nb"),
        ("abc\x1b[2G\x1b[@x", "axbc"),
        ("abc\x1b[2G\x1b[P", "ac"),
        ("abc\x1b[1G\x1b[2X", "  c"),
        ("a\r\nb\x1b[1;1H\x1b[L", "\na\nb"),
        ("a\r\nb\x1b[1;1H\x1b[M", "b"),
        ("1\r\n2\r\n3\r\n4\r\n5\r\n6", "2\n3\n4\n5\n6"),
        ("\x1b[2;3r\x1b[1;1H1\r\n2\r\n3\r\n4\r\n5", "1\n4\n5"),
        ("1\r\n2\r\n3\x1b[S", "2\n3"),
        ("1\r\n2\x1b[T", "\n1\n2"),
        ("1\r\n2\x1b[H\x1bM", "\n1\n2"),
        ("a\x1b7bc\x1b8X", "aXc"),
        ("a\x1b[sbc\x1b[uX", "aXc"),
        ("a\x1b[3b.", "aaaa."),
        ("\x1b[4habc\x1b[1Gx\x1b[4ly", "xybc"),
        ("x" * 21, "x" * 20 + "\nx"),
        ("\x1b[?7l" + "x" * 20 + "yz", "x" * 19 + "z"),
        ("a\tb\bc", "a       c"),
        ("abc\x1bcd", "d"),
        ("a\x1bEb", "a\nb"),
        ("\x1b(0lqk\x1b(Bq", "┌─┐q"),
        ("\x1b[2;4r\x1b[?6h\x1b[1;1Hx\x1b[9dy", "\nx\n\n y"),
        ("\x1b[6n\x1b[c\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_the_screen_obeys_what_programs_write(data: str, text: str) -> None:
    assert shown(data).text() == text


def test_what_is_not_known_is_not_shown() -> None:
    assert shown("\x1bP+q436f\x1b\\\x1b[<u\x1b[4:3ma\x1b[?5Ab\x1b[=1uc").text() == "abc"


def test_a_full_screen_program_leaves_the_screen_as_it_was() -> None:
    screen = shown("$ vi\r\n\x1b[?1049h\x1b[2J\x1b[Hfile")
    assert screen.text() == "file"
    screen.feed(b"\x1b[?1049h\x1b[?1049l$ ")
    assert screen.text() == "$ vi\n$"
    assert screen.cursor == Place(2, 1)


def test_wide_characters_and_accents_take_their_cells() -> None:
    assert shown("日本x").cursor == Place(5, 0)
    assert shown("日本\x1b[1;5Hx").text() == "日本x"
    assert shown("日本\x1b[1;1Hx").text() == "x 本"
    assert shown("日本\x1b[1;2Hx").text() == " x本"
    assert shown("e\u0301 \u0e01\u0e34 日\u0301").text() == "e\u0301 \u0e01\u0e34 日\u0301"
    assert shown("\N{WARNING SIGN}\N{VARIATION SELECTOR-16} told").text() == "\u26a0\ufe0f told"
    assert shown("a\u202eb\u200bc").text() == "abc"
    assert len(shown("e" + "\u0301" * 5000).text()) < 20
    assert shown("\u0301a").text() == "a"


def test_a_smaller_screen_keeps_what_is_about_the_cursor() -> None:
    screen = shown("1\r\n2\r\n3\r\n4")
    screen.resize(10, 3)
    assert (screen.size, screen.text(), screen.cursor) == ((10, 3), "2\n3\n4", Place(1, 2))
    screen.resize(20, 5)
    screen.feed(b"\r\n5")
    assert screen.text() == "2\n3\n4\n5"
    screen = shown("1234567890\r\n")
    screen.resize(4, 2)
    assert screen.text() == "1234"


def test_sizes_and_titles_are_cut_to_their_bounds() -> None:
    assert Screen(10**9, 10**9).size == (MOST_COLS, MOST_ROWS)
    assert Screen(0, -1).size == (1, 1)
    screen = shown("\x1b]2;" + "t" * 4000 + "\x07")
    assert len(screen.look(0).title) == MOST_TITLE


PARTS = st.sampled_from(
    [b"\x1b", b"[", b"]", b"?", b";", b"0", b"9999", b"H", b"J", b"K", b"r", b"h", b"l", b"m", b"@",
     b"\x07", b"\x1bP", b"\x1b\\", b"\x1b7", b"\x1b8", b"\x1bM", b"\x1bc", b"\x1b(0", b"1049", b"6",
     b"4", b"7", b"3", b"47", b"\n", b"\t", b"\b", b"L", b"M", b"P", b"X", b"S", b"T", b"b", b"d",
     "日".encode(), "\u0301".encode(), "\u200d".encode(), b"\xff", b"text"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.one_of(PARTS, st.binary(max_size=8)), max_size=80),
    st.integers(1, 12),
    st.integers(1, 6),
    st.tuples(st.integers(1, 12), st.integers(1, 6)),
)
def test_nothing_raises_and_the_cells_are_those_of_the_screen(
    pieces: list[bytes], cols: int, rows: int, later: tuple[int, int]
) -> None:
    screen = Screen(cols, rows)
    for piece in pieces[:40]:
        screen.feed(piece)
    screen.resize(*later)
    for piece in pieces[40:]:
        screen.feed(piece)
    look = screen.look(0)
    assert (look.cols, look.rows) == later
    assert len(look.lines) == look.rows
    assert 0 <= look.cursor.col < look.cols
    assert 0 <= look.cursor.row < look.rows
    cells = screen._cells
    assert len(cells.buffer) <= max(rows, look.rows) + 1
    assert all(len(line) <= max(cols, look.cols) + 2 for line in cells.buffer.values())
    assert not cells.savepoints


@pytest.mark.parametrize(
    "data",
    [b"\x1b7", b"\x1b]0;x", b"\x1b[1;", b"e\xcc\x81", b"\x1b[4h\x1b[9999@", b"\x1b[?1049h\n"],
)
def test_output_without_an_end_does_not_grow_it(data: bytes) -> None:
    def held() -> int:
        cells = screen._cells
        lines = sum(len(c.data) for line in cells.buffer.values() for c in line.values())
        return lines + len(screen._tokens._pending) + sys.getsizeof(cells.savepoints)

    screen = Screen(10, 4)
    screen.feed(data * 2000)
    before = held()
    screen.feed(data * 4000)
    assert held() <= before + 4096
