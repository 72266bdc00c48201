"""PURE: patterns that a screen is searched for, kept from taking for ever.

A pattern is a regular expression for one line. Refused is what could take exponential time; what
remains takes at most some milliseconds on a line that is cut to `LONGEST_LINE`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

LONGEST_PATTERN = 200
LONGEST_LINE = 160
MOST_OPEN_REPEATS = 2
"""How many of `*`, `+` and `{n,}` one pattern may have."""

_PIECE = re.compile(
    r"\\[1-9]|\(\?P="  # what was matched before
    r"|\\."
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]"  # a set of characters
    r"|\(\?(?:P<\w+>|[a-zA-Z-]*:|[=!]|<[=!])|\("
    r"|\)"
    r"|(?P<repeat>[*+?]|\{\d*,?\d*\})[?+]?"
    r"|.",
    re.DOTALL,
)


def problem_of(pattern: str) -> str | None:
    """Why it cannot be used, and what to write instead; None if it can."""
    if len(pattern) > LONGEST_PATTERN:
        return f"it has {len(pattern)} characters; write at most {LONGEST_PATTERN}"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"it is no regular expression: {error}"
    return _slow(pattern)


def _slow(pattern: str) -> str | None:
    repeats = 0
    groups = [False]  # whether each group that is open has a choice in it
    closed = False  # whether the group just closed had one
    for found in _PIECE.finditer(pattern):
        piece, repeat = found[0], found["repeat"]
        if piece.startswith("(?P=") or re.fullmatch(r"\\[1-9]", piece):
            return "it refers to what a group matched; write that out"
        if repeat and repeat != "?" and closed:
            return "it repeats a group that itself repeats or chooses; repeat single characters"
        if repeat:
            repeats += repeat in {"*", "+"} or repeat.startswith("{")
        groups[-1] |= bool(repeat) or piece == "|"
        closed = False
        if piece.startswith("("):
            groups.append(False)
        elif piece == ")":
            closed = groups.pop()
            groups[-1] |= closed
    if repeats > MOST_OPEN_REPEATS:
        return f"it has {repeats} repeats; write at most {MOST_OPEN_REPEATS} of *, + and {{…}}"
    return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    return None if problem_of(pattern) else re.compile(pattern)


def first_match(patterns: Iterable[str], lines: Sequence[str]) -> str | None:
    """The last of the lines in which a pattern is found; a pattern with a problem finds nothing."""
    usable = [found for found in map(_compiled, patterns) if found is not None]
    for line in reversed(lines):
        if any(each.search(line[:LONGEST_LINE]) for each in usable):
            return line
    return None


def question(asking: Sequence[str], others: Sequence[str], lines: Sequence[str]) -> str | None:
    """The lowest line in which one of `asking` is found, unless it or one below shows another."""
    lowest = first_match((*asking, *others), lines)
    is_other = lowest is None or first_match(others, [lowest]) is not None
    return None if is_other else lowest
