"""Rounds of ours and of the reference in turn, their medians, and what they mean for a goal.

The ratio is the median of the rounds' own ratios: what slows both down for a while leaves it alone.
A reference that cannot be had is said to be missing; the goal is then neither reached nor missed.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from msgspec import Struct

Measure = Callable[[], float]
Say = Callable[[str], None]


class ReferenceMissing(Exception):
    """What we are measured against is not installed; the text says what to install."""


class Goal(Struct, frozen=True):
    """A bound for ours / reference, or for ours - reference."""

    word: Literal["at least", "at most"]
    bound: float
    of: Literal["ratio", "difference"] = "ratio"

    def is_reached(self, ratio: float, difference: float) -> bool:
        value = ratio if self.of == "ratio" else difference
        return value >= self.bound if self.word == "at least" else value <= self.bound

    def shown(self, unit: str) -> str:
        sign = "≥" if self.word == "at least" else "≤"
        return f"{sign} {self.bound:g}" if self.of == "ratio" else f"{sign} {self.bound:+g} {unit}"


class Rounds(Struct, frozen=True):
    """What each round gave; `reference` is empty where `missing` says why."""

    ours: tuple[float, ...]
    reference: tuple[float, ...]
    missing: str | None = None


class Figure(Struct, frozen=True, kw_only=True):
    """One line of the table. `reference` and the rest are None where the reference is missing."""

    row: str
    what: str
    against: str
    unit: str
    ours: float
    reference: float | None
    ratio: float | None
    goal: Goal
    reached: bool | None
    missing: str | None = None
    rounds: Rounds


def interleaved(say: Say, count: int, ours: Measure, reference: Measure) -> Rounds:
    """`count` rounds, in each one measurement of either side, beginning with each in turn."""
    found: dict[Measure, list[float]] = {ours: [], reference: []}
    missing: str | None = None
    for number in range(1, count + 1):
        say(f"round {number} of {count}")
        for side in (ours, reference) if number % 2 else (reference, ours):
            if side is reference and missing:
                continue
            try:
                found[side].append(side())
            except ReferenceMissing as error:
                missing = str(error)
    return Rounds(tuple(found[ours]), tuple(found[reference]), missing)


def figure(row: str, what: str, *, unit: str, against: str, goal: Goal, rounds: Rounds) -> Figure:
    """The line of the table for these rounds."""
    ours = statistics.median(rounds.ours)
    reference = ratio = reached = None
    if rounds.reference and not rounds.missing:
        pairs = list(zip(rounds.ours, rounds.reference, strict=True))
        reference = statistics.median(rounds.reference)
        ratio = statistics.median(one / other for one, other in pairs)
        difference = statistics.median(one - other for one, other in pairs)
        reached = goal.is_reached(ratio, difference)
    return Figure(
        row=row,
        what=what,
        against=against,
        unit=unit,
        ours=ours,
        reference=reference,
        ratio=ratio,
        goal=goal,
        reached=reached,
        missing=rounds.missing,
        rounds=rounds,
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median_seconds(count: int, work: Callable[[], object]) -> float:
    """The median of `count` calls, each timed by itself."""
    return statistics.median(timed(work) for _ in range(count))


@contextmanager
def collector_off() -> Iterator[None]:
    """For a reference that makes very many objects: its fastest way."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
