from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.terminals.sequences import (
    LARGEST_NUMBER,
    PENDING_CHARACTERS,
    Charset,
    Control,
    Escape,
    Sequence,
    Text,
    Title,
    Token,
    Tokens,
)


def tokens(*pieces: bytes) -> list[Token]:
    reader = Tokens()
    return [token for piece in pieces for token in reader.read(piece)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a\r\nb", [Text("a"), Control("\r"), Control("\n"), Text("b")]),
        (b"\x1b[H", [Sequence("H", (0,), False)]),
        (b"\x1b[2;7H", [Sequence("H", (2, 7), False)]),
        (b"\x1b[;7H", [Sequence("H", (0, 7), False)]),
        (b"\x1b[?25l", [Sequence("l", (25,), True)]),
        (b"\x1b[99999999999999H", [Sequence("H", (LARGEST_NUMBER,), False)]),
        (b"\x1bM\x1b7", [Escape("M"), Escape("7")]),
        (b"\x1b(0\x1b(B", [Charset("0"), Charset("B")]),
        (b"\x1b]0;a title\x07", [Title("a title")]),
        (b"\x1b]2;a title\x1b\\x", [Title("a title"), Text("x")]),
        (b"\x1b]2;cut\x1b[H", [Title("cut"), Sequence("H", (0,), False)]),
        (b"\x1b]10;?\x07x", [Text("x")]),
        (b"\x1bPzz\x1b\\x", [Text("x")]),
        (b"\x1b[<u\x1b[>4;2mx", [Text("x")]),
        (b"\x1b[4:3mx", [Text("x")]),
        (b"\x1b[!p\x1b[2 qx", [Text("x")]),
        (b"\x1b)0\x1b%Gx", [Text("x")]),
        (b"\xff\xc2\x9bx", [Text("\N{REPLACEMENT CHARACTER}"), Text("x")]),
    ],
)
def test_what_a_program_writes_is_read(data: bytes, expected: list[Token]) -> None:
    assert tokens(data) == expected


def test_digits_of_other_scripts_are_no_number() -> None:
    assert tokens("\x1b[²A".encode()) == [Text("[²A")]


def test_a_sequence_has_no_more_than_sixteen_numbers() -> None:
    (sequence,) = tokens(b"\x1b[" + b"1;" * 5000 + b"H")
    assert sequence == Sequence("H", (1,) * 16, False)


STREAM = "aé\x1b[2;7Hb\x1b]0;title\x07\x1bPskip\x1b\\\x1b[<u\x1bMend🙂".encode()


@given(st.lists(st.integers(1, 9), min_size=1, max_size=60))
def test_it_does_not_matter_where_the_output_is_cut(sizes: list[int]) -> None:
    ends = [0, *accumulate(sizes), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(ends)]
    assert joined(tokens(*pieces)) == joined(tokens(STREAM))


def joined(found: list[Token]) -> list[Token | str]:
    """Texts in a row as one."""
    whole: list[Token | str] = []
    for token in found:
        if isinstance(token, Text) and whole and isinstance(whole[-1], str):
            whole[-1] += token.characters
        else:
            whole.append(token.characters if isinstance(token, Text) else token)
    return whole


@pytest.mark.parametrize("begin", [b"\x1b]0;", b"\x1bP", b"\x1b_"])
def test_a_string_that_does_not_end_is_passed_over_and_not_kept(begin: bytes) -> None:
    reader = Tokens()
    found = [t for piece in (begin, *[b"x" * 3000] * 50) for t in reader.read(piece)]
    assert found == []
    assert len(reader._pending) <= PENDING_CHARACTERS
    assert list(reader.read(b"yy\x1b")) == []
    assert list(reader.read(b"\\shown")) == [Text("shown")]


def test_numbers_without_an_end_are_not_kept() -> None:
    reader = Tokens()
    assert list(reader.read(b"\x1b[" + b"1" * 100_000)) == []
    assert reader._pending == ""
    assert list(reader.read(b"x")) == [Text("x")]
