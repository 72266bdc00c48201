"""What each file is told of a patch that is too large."""

from hypothesis import given
from hypothesis import strategies as st

from actors.git.shares import joined, sections, shares, text, whole

SMALL = b"diff --git a/s b/s\n--- a/s\n+++ b/s\n@@ -1 +1 @@\n-diff --git a/x b/x\n+new\n"
LARGE = b"diff --git a/l b/l\n" + b"+line\n" * 1000


def test_lines_of_a_file_are_no_heads() -> None:
    assert sections(SMALL + LARGE) == [SMALL, LARGE]
    assert sections(b"") == []


@given(st.lists(st.integers(0, 5000)), st.integers(0, 10_000))
def test_shares_fit_and_waste_nothing(sizes: list[int], most: int) -> None:
    given = shares(sizes, most)
    assert sum(given) <= most
    assert all(0 <= got <= size for got, size in zip(given, sizes, strict=True))
    if sum(sizes) <= most:
        assert given == sizes
    else:
        assert sum(given) > most - len(sizes)


def test_a_large_file_takes_nothing_from_the_small_ones() -> None:
    told = text([LARGE, SMALL, LARGE], 2000)
    assert SMALL in told
    assert len(told) <= 2000
    first, _, last = sections(told)
    for each in (first, last):
        assert each.startswith(b"diff --git a/l b/l\n+line\n")
        assert b"more of this file is not told: " in each
    assert whole([LARGE, SMALL, LARGE], 2000) == [None, SMALL, None]
    assert text([LARGE, SMALL], len(LARGE + SMALL)) == LARGE + SMALL


def test_what_came_after_a_cut_is_taken_from_another_patch() -> None:
    assert joined([SMALL, LARGE[:100]], [SMALL, b"binary", SMALL]) == [SMALL, LARGE[:100], SMALL]
