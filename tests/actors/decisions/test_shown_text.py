import pytest

from actors.decisions import shown_text as s

LONG = "Please fix the login form, which is broken since yesterday's release of the shop."
FRAMED = (
    "\u256d" + "\u2500" * 32 + "\u256e",
    "\u2502 > Please fix the login form,   \u2502",
    "\u2502   which is broken since yester \u2502",
    "\u2502   day's release of the shop.   \u2502",
    "\u2570" + "\u2500" * 32 + "\u256f",
    "  ? for help",
)


def test_a_text_is_found_however_it_is_wrapped_and_framed() -> None:
    assert s.standing(LONG, FRAMED, ()) == 1
    assert s.lines_below(LONG, FRAMED, ()) == 2
    assert s.standing(LONG, FRAMED[:3], ()) == 0
    assert s.lines_below(LONG, FRAMED[:3], ()) is None
    assert s.standing(LONG, FRAMED * 2, ()) == 2


@pytest.mark.parametrize(
    ("text", "lines", "times"),
    [
        ("go on", ("> go on", "y"), 1),
        ("go on", ("> go  on |", ""), 1),
        ("go", ("> gone",), 0),
        ("y", ("(y/n) y",), 2),
        ("?!", ("> ?!",), 1),
        ("\u2502", ("", "> \u2502"), 1),
        ("42", ("> 142 420", "> 42"), 1),
        ("Größe ändern, bitte", ("> Gro\u0308ße a\u0308ndern, bitte",), 1),
        ("先に全部のテストを直してください", ("> 先に全部のテストを", "  直してください"), 1),
    ],
)
def test_a_short_text_is_looked_for_as_words(text: str, lines: tuple[str, ...], times: int) -> None:
    assert s.standing(text, lines, ()) == times


def test_a_placeholder_stands_for_a_text() -> None:
    lines = ("old [Pasted text #1 +9 lines]", "> [Pasted text #2 +3 lines]", "help")
    assert s.standing("one\ntwo\nthree and more", lines, ("[Pasted text #",)) == 2
    assert s.lines_below("one\ntwo\nthree and more", lines, ("[Pasted text #",)) == 1


@pytest.mark.parametrize(
    ("lines", "row", "col", "is_there"),
    [
        (FRAMED, 3, 30, True),
        (FRAMED, 3, 29, False),
        (FRAMED, 4, 0, False),
        (FRAMED, 5, 2, True),
        ((f"* heard: {LONG}", ""), 1, 0, False),
        ((LONG[:40], LONG[40:]), 1, len(LONG) - 40, True),
        (FRAMED, 5, 3, False),
        ((*FRAMED[:4], "> "), 4, 2, False),
        (FRAMED, 9, 0, False),
    ],
)
def test_where_the_cursor_stands(
    lines: tuple[str, ...], row: int, col: int, is_there: bool
) -> None:
    assert s.is_before_cursor(LONG, lines, row, col) is is_there


def test_wide_characters_take_two_cells() -> None:
    assert s.is_before_cursor("直して", ("> 直してxx",), 0, 8)
    assert not s.is_before_cursor("直して", ("> 直してxx",), 0, 9)


@pytest.mark.parametrize(
    ("told", "is_it"),
    [
        (LONG, True),
        (" " + LONG, True),
        (LONG[:60], True),
        (LONG[:20], False),
        ("", True),
        ("x", False),
    ],
)
def test_what_an_agent_tells_of_a_prompt(told: str, is_it: bool) -> None:
    assert s.is_told(told, LONG) is is_it


def test_the_last_lines_are_cut_for_people() -> None:
    shown = s.last_lines(["a", "", "b" * 200, "c", " "], 2)
    assert shown == "b" * s.LONGEST_LINE + "\nc"
