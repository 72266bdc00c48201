from hypothesis import example, given
from hypothesis import strategies as st

from actors.decisions.output_text import OutputText, TextPiece, beginning

CUTS = st.lists(st.integers(min_value=1, max_value=7), min_size=1)


def pieces_of(content: bytes, sizes: list[int], start: int = 0) -> list[bytes]:
    cut, at = [], 0
    for number in range(len(content)):
        if at >= len(content):
            break
        size = sizes[number % len(sizes)]
        cut.append(content[at : at + size])
        at += size
    return cut


def told(content: bytes, sizes: list[int]) -> list[TextPiece]:
    text, found, at = OutputText(0), [], 0
    for piece in pieces_of(content, sizes):
        found += text.feed(piece, at)
        at += len(piece)
    return [*found, *text.finish()]


@given(st.binary(), CUTS)
@example("aä€😀".encode(), [1])
@example(b"\xf0\x9f\x98", [1])
@example(b"\xe2\x82\xe2\x82\xac\x80", [1])
def test_however_it_is_cut_the_text_is_that_of_the_whole(content: bytes, sizes: list[int]) -> None:
    found = told(content, sizes)
    assert "".join(each.text for each in found) == content.decode(errors="replace")
    ends = [0, *(each.end for each in found)]
    assert [each.start for each in found] == ends[:-1]
    assert ends[-1] == len(content)


@given(st.text(alphabet="aä€😀"), CUTS)
def test_whoever_goes_on_at_an_offset_has_the_same_text(content: str, sizes: list[int]) -> None:
    raw = content.encode()
    for piece in told(raw, sizes):
        assert raw[piece.start : piece.end].decode() == piece.text
        later = OutputText(piece.end)
        rest = "".join(each.text for each in later.feed(raw[piece.end :], piece.end))
        assert raw[: piece.end].decode() + rest == content


def test_a_gap_ends_what_waited() -> None:
    text = OutputText(5)
    assert text.feed(b"a\xe2\x82", 5) == [TextPiece("a", 5, 6)]
    assert text.feed(b"b", 20) == [TextPiece("\ufffd", 6, 8), TextPiece("b", 20, 21)]
    assert text.end == 21
    assert text.finish() == []


def test_what_was_cut_begins_at_a_line_a_sequence_or_a_character() -> None:
    assert beginning(b"half\nwhole") == 5
    assert beginning(b"half\x1b[mwhole") == 4
    assert beginning("€uro".encode()[1:]) == 2
    assert beginning(b"whole") == 0
    assert beginning(b"") == 0
    assert beginning(b"\x80\x80\x80\x80") == 3
