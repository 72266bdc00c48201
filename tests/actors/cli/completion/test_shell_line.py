import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.cli.completion.shell_line import inserted, text_of, words_of
from actors.cli.printable import printable

TITLES = st.text(min_size=1).filter(lambda text: printable(text) == text)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("greenroom", ["greenroom"]),
        ("greenroom ", ["greenroom", ""]),
        ("greenroom  show\tFix\\ t", ["greenroom", "show", "Fix\\ t"]),
        ("greenroom show 'Fix t", ["greenroom", "show", "'Fix t"]),
        ("a 'it'\\''s ' b", ["a", "'it'\\''s '", "b"]),
        ('a "\\" b" c', ["a", '"\\" b"', "c"]),
        ("a ''", ["a", "''"]),
        ("", [""]),
    ],
)
def test_a_line_falls_into_words(line: str, words: list[str]) -> None:
    assert words_of(line) == words


@pytest.mark.parametrize(
    ("word", "text"),
    [("Fix\\ t", "Fix t"), ("'Fix t", "Fix t"), ('"a\\$b\\c', "a$b\\c"), ("a'b'\"c\"", "abc"),
     ("x\\", "x")],
)  # fmt: skip
def test_a_word_stands_for_a_text(word: str, text: str) -> None:
    assert text_of(word) == text


@given(TITLES, st.integers(0), st.sampled_from(["", "'", '"']))
def test_what_is_inserted_stands_for_the_text(text: str, cut: int, quote: str) -> None:
    begun = inserted(quote, "", text[: cut % (len(text) + 1)])
    assert begun is not None
    word = quote + begun
    rest = inserted(word, "", text)
    assert rest is not None
    assert text_of(word + rest + quote) == text
    assert len(words_of(f"greenroom show {word}{rest}{quote}")) == 3


@given(TITLES)
def test_bash_replaces_the_end_that_it_takes_for_a_word(text: str) -> None:
    word = inserted("", "", text)
    assert word is not None
    for at in range(len(word) + 1):
        if (at - len(word[:at].rstrip("\\"))) % 2 == 0:
            end = inserted(word, word[at:], text)
            assert end is not None
            assert text_of(word[:at] + end) == text


def test_a_name_that_does_not_begin_so_is_not_inserted() -> None:
    assert inserted("Fix:t", "t", "Mend:this") is None


def test_a_shell_reads_it_as_the_text() -> None:
    texts = [
        "a $(id)",
        "b `id`",
        'c"d',
        "it's",
        "~root",
        "#no",
        "*?[a]{1,2}",
        "!x",
        "ü 日本",
        "a\\b",
    ]
    for quote in ("", "'", '"'):
        words = " ".join(f"{quote}{inserted(quote, '', text)}{quote}" for text in texts)
        ran = subprocess.run(
            ["bash", "-c", f"printf '%s\\n' {words}"], capture_output=True, text=True, check=True
        )
        assert ran.stdout.splitlines() == texts
