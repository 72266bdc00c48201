import time

import pytest

from actors.decisions.patterns import (
    LONGEST_LINE,
    LONGEST_PATTERN,
    MOST_OPEN_REPEATS,
    first_match,
    problem_of,
    question,
)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\[y/N\]\s*$",
        r"(?i)password( for \w+)?:$",
        r"^\s*(yes|no|cancel)\b",
        r"[*+{(|]+ \* \+ \(",
        r"a{3}b{1,2}",
        r"(abc)+",
        r"[]x]*y",
        r"(?:Do you want|Would you like) to",
        "",
    ],
)
def test_what_a_screen_can_be_searched_for(pattern: str) -> None:
    assert problem_of(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(", "no regular expression"),
        ("? for shortcuts", "no regular expression"),
        ("(" * 150, "no regular expression"),
        ("x" * (LONGEST_PATTERN + 1), "write at most 200"),
        (r"(a+)+$", "repeats a group"),
        (r"(a|aa)+$", "repeats a group"),
        (r"((a+))*b", "repeats a group"),
        (r"(?:a?){40}a", "repeats a group"),
        (r"(?P<x>a)(?P=x)", "refers to"),
        (r"(a)\1", "refers to"),
        (r"a*b*c*", f"write at most {MOST_OPEN_REPEATS}"),
        (r"a{1,50}b{1,50}c{1,50}", f"write at most {MOST_OPEN_REPEATS}"),
    ],
)
def test_what_could_take_for_ever_is_refused_with_the_reason(pattern: str, problem: str) -> None:
    assert problem in str(problem_of(pattern))


def test_the_last_line_that_matches_is_the_evidence() -> None:
    lines = ["Overwrite a? [y/N]", "Overwrite b? [y/N]", "more"]
    assert first_match((r"none", r"\[y/N\]$"), lines) == lines[1]
    assert first_match((r"none",), lines) is None
    assert first_match((), lines) is None


def test_a_pattern_with_a_problem_finds_nothing() -> None:
    assert first_match(("(", r"(a+)+$", "x"), ["aaaa"]) is None


def test_only_the_beginning_of_a_long_line_is_searched() -> None:
    assert first_match(("y",), ["x" * LONGEST_LINE + "y"]) is None


def test_the_slowest_pattern_that_may_be_used_ends() -> None:
    began = time.process_time()
    assert first_match((r"x*[^y]*z",), ["x" * 10_000] * 12) is None
    assert time.process_time() - began < 20


def test_a_question_is_none_above_where_the_next_thing_is_typed() -> None:
    asking, others = (r"want to",), (r"^> ",)
    asked = ["> do it", "Do you want to go on?", "1. Yes"]
    assert question(asking, others, asked) == asked[1]
    assert question(asking, others, [*asked, "> no"]) is None
    assert question(asking, others, ["> I want to see it", "1. Yes"]) is None
    assert question(asking, others, ["nothing"]) is None
    assert question(asking, (), asked) == asked[1]
