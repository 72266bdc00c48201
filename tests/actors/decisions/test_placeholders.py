"""Placeholders and their arithmetic, against Python's own and against nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.decisions.placeholders import filled

VALUES = {"BRANCH": "fix/login", "WORKTREE_NUM": "3"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{BRANCH}} {{ BRANCH }}", "fix/login fix/login"),
        ("port={{WORKTREE_NUM + 3000}}", "port=3003"),
        ("{{WORKTREE_NUM*10+3000}}", "3030"),
        ("{{3000 + WORKTREE_NUM * 10}}", "3030"),
        ("{{(3000 + WORKTREE_NUM) * 10}}", "30030"),
        ("{{10 - WORKTREE_NUM - 2}}", "5"),
        ("{{7 / WORKTREE_NUM}}", "2"),
        ("{{-WORKTREE_NUM - -1}}", "-2"),
        ("{{WORKTREE_NUM}}", "3"),
    ],
)
def test_what_is_ours_is_filled(text: str, result: str) -> None:
    assert filled(text, VALUES, 3) == (result, ())


@pytest.mark.parametrize(
    "text",
    ["{{name}}", "{{ .Values.x }}", "{{1 + 1}}", "{{OTHER}}", "{{}}", "{ {BRANCH} }", "{{#if}}"],
)
def test_what_is_not_ours_stays_without_a_word(text: str) -> None:
    assert filled(text, VALUES, 3) == (text, ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{WORKTREE_NUM / 0}}", "divided by 0"),
        ("{{WORKTREE_NUM +}}", "missing at its end"),
        ("{{(WORKTREE_NUM}}", "a ) is missing"),
        ("{{WORKTREE_NUM)}}", "not expected"),
        ("{{* WORKTREE_NUM}}", "missing before *"),
        ("{{WORKTREE_NUM ** 9}}", "missing before *"),
        ("{{WORKTREE_NUM + BRANCH}}", "no arithmetic"),
        ("{{__import__('os') + WORKTREE_NUM}}", "no arithmetic"),
        ("{{WORKTREE_NUM * 999999999999999 * 999999999999999}}", "too large"),
        ("{{" + "(" * 60 + "WORKTREE_NUM" + ")" * 60 + "}}", "too deep"),
    ],
)
def test_what_cannot_be_reckoned_stays_and_says_why(text: str, reason: str) -> None:
    left, (note,) = filled(text, VALUES, 3)
    assert left == text
    assert reason in note


NUMBERS = st.integers(0, 9999).map(str) | st.just("WORKTREE_NUM")
SUMS = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*", "//"]), inner).map(
        lambda each: f"({' '.join(each)})"
    ),
    max_leaves=6,
)


@given(SUMS, st.integers(1, 500))
def test_it_reckons_as_python_does(text: str, number: int) -> None:
    text = f"0 * WORKTREE_NUM + {text}"
    came, notes = filled(f"{{{{{text.replace('//', '/')}}}}}", {}, number)
    if not notes:
        assert came == str(eval(text, {"WORKTREE_NUM": number}))
    elif "too large" not in notes[0]:
        assert "divided by 0" in notes[0]
        with pytest.raises(ZeroDivisionError):
            eval(text, {"WORKTREE_NUM": number})


NAMES = ("BRANCH", "WORKTREE_NUM")
PIECES = st.sampled_from([*NAMES, *"{}()+-*/0 \n", "{{", "}}", "9" * 15]) | st.text(max_size=5)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_text_breaks_it(text: str) -> None:
    given_text = f"{{{{{text}}}}}"
    came, notes = filled(given_text, VALUES, 3)
    assert all(note.partition(" stays as it is: ")[0] in came for note in notes)
    assert came == given_text or any(name in text for name in NAMES)
