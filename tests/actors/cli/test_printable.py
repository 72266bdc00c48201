import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.cli.printable import as_on_screen, printable, shown_lines


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain ünïcode 👩‍💻 ❤️‍🔥 1️⃣", "plain ünïcode 👩‍💻 ❤️‍🔥 1️⃣"),
        ("\u0645\u06cc\u200c\u062e \u0915\u094d\u200d\u0937",) * 2,
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07after", "\\x1b]0;title\\x07after"),
        ("\x1bPq#0;1\x1b\\sixel", "\\x1bPq#0;1\\x1b\\sixel"),
        ("\x9b2Jclear", "\\x9b2Jclear"),
        ("unfinished\x1b[3", "unfinished\\x1b[3"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("bell\x07\x00\x7f\x85", "bell\\x07\\x00\\x7f\\x85"),
        ("abc\u202edcb\u2066x", "abc\\u202edcb\\u2066x"),
        ("r\u200bm\u200c -\u200dr\u00adf\u3164", "r\\u200bm\\u200c -\\u200dr\\xadf\\u3164"),
        ("a\ufe0f💻\u200d\u200d💻\u200d", "a\\ufe0f💻\\u200d\\u200d💻\\u200d"),
        ("half\ud800", "half\\ud800"),
        ("tag\U000e0041", "tag\\U000e0041"),
    ],
)
def test_what_is_obeyed_or_not_seen_is_shown(raw: str, shown: str) -> None:
    assert printable(raw) == shown


def test_with_many_lines_newlines_and_tabs_stay() -> None:
    assert printable("a\r\nb\tc\rd\n\x07", multiline=True) == "a\\r\nb\tc\\rd\n\\x07"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://there\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0;1\x1b\\sixel", "sixel"),
        ("\x1b(Bset\x1b=", "set"),
        ("\x9b2Jclear", "clear"),
        ("unfinished\x1b[3\u202e", "unfinished\\x1b[3\\u202e"),
        ("ls\r\n\x1b[?2004l\rfile\r\r\n", "ls\nfile\n"),
        ("\rone\rtwo", "one\ntwo"),
        ("Do\x1b[1Cyou\x1b[Cwant\x1b[3Cto", "Do you want   to"),
        ("a\x1b[999Cb", f"a{' ' * 200}b"),
    ],
)
def test_what_a_program_said_reads_as_it_was_on_the_screen(raw: str, shown: str) -> None:
    assert as_on_screen(raw) == shown


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "L", "P"])))
def test_nothing_that_controls_comes_through(text: str) -> None:
    for character in printable(text):
        assert unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(character) not in {
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"
        }  # fmt: skip


@given(st.text())
def test_what_is_printable_stays_so(text: str) -> None:
    assert printable(printable(text)) == printable(text)


def test_a_text_is_shown_as_the_lines_that_it_is_with_blanks_for_tabs() -> None:
    assert shown_lines("a\tb\n\x1b[2Jc\x0bd\n") == ["a   b", "\\x1b[2Jc\\x0bd"]
    assert shown_lines("") == []
