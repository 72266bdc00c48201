"""No crash takes back what was acknowledged, leaves anything half, or makes two starts differ.

The storage code works alone for about 200 changes, from nothing and twice from what a crash left,
and the whole greenroom for 60; every call is recorded. After each of them a power cut is tried, in
two of the variants of `disk` drawn anew each time, and right after an acknowledgement always in the
one that keeps no more than was promised; then the real start runs on what that leaves, twice. These
are more than 5,000 states. The long form tries every variant after every call, more than 50,000
states. A violation names its state (call, variant, seed).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import get_args

import pytest

from tests.crash import desk_rows, house_rows
from tests.crash import marks as m
from tests.crash.calls import Call, Mark
from tests.crash.chapters import Chapter, chapter_after_crash, desk_chapter, house_chapter
from tests.crash.disk import VARIANTS, Disk
from tests.crash.place import Place
from tests.crash.proof import Report, Starts, drawn, prove, take
from tests.crash.traits import TRAITS

SAMPLE, MOST = 5_000, 50_000
CHANGES, LATER_CHANGES, HOUSE_CHANGES = 120, 50, 60
FEW = 2
"""Variants that are tried after each call in the short form."""

Variants = Callable[[Chapter], Callable[[int], Sequence[int]]]


def few(seed: str) -> Variants:
    return lambda chapter: drawn(chapter.calls, seed, FEW)


def every(_: Chapter) -> Callable[[int], Sequence[int]]:
    return lambda _: range(len(VARIANTS))


def looked_at(chapter: Chapter, here: Path, seed: str, variants: Variants) -> Report:
    """Every state that was asked for; none of them is a violation."""
    report = prove(
        chapter.calls,
        chapter.layout,
        Starts(here / "states"),
        seed=seed,
        variants=variants(chapter),
        ledger=chapter.ledger(),
    )
    assert report.violations == [], "\n\n".join(map(str, report.violations))
    return report


def desk_chapters(here: Path, seed: str, changes: int, later_changes: int) -> Iterator[Chapter]:
    """From nothing, then twice from what a crash left."""
    place = Place(here / f"desk-{seed}")
    chapter = desk_chapter(place, seed, changes)
    yield chapter
    for number in range(2):
        chapter = chapter_after_crash(place, chapter, f"{seed}-{number}", later_changes)
        yield chapter


def test_storage_alone(here: Path) -> None:
    chapters = list(desk_chapters(here, "one", CHANGES, LATER_CHANGES))
    require_all_rows(chapters, desk_rows.ROWS, 0.9 * (CHANGES + 2 * LATER_CHANGES))
    require_all_marks(chapters, without={m.Done, m.KeptForGood})
    reports = [
        looked_at(chapter, made(here / str(number)), "one", few("one"))
        for number, chapter in enumerate(chapters)
    ]
    require_all_seen(reports)
    assert sum(report.states for report in reports) >= SAMPLE


def test_the_whole_greenroom(here: Path) -> None:
    chapter = house_chapter(made(here / "home"), "house", HOUSE_CHANGES)
    require_all_rows([chapter], house_rows.ROWS, HOUSE_CHANGES)
    require_all_marks([chapter], without={m.Expired, m.Recorded, m.Published})
    assert looked_at(chapter, here, "house", few("house")).states >= SAMPLE / 5


def require_all_rows(
    chapters: Iterable[Chapter],
    rows: Sequence[desk_rows.Row] | Sequence[house_rows.Row],
    changes: float,
) -> None:
    """Each row changed something, and there were that many changes."""
    done = sum((chapter.changes for chapter in chapters), Counter[str]())
    assert {row.change.__name__ for row in rows if not done[row.change.__name__]} == set()
    assert done.total() >= changes


def require_all_marks(chapters: Iterable[Chapter], without: set[type]) -> None:
    """The ledger was told of everything that can be promised."""
    calls: list[Call] = [call for chapter in chapters for call in chapter.calls]
    heard = {type(call.what) for call in calls if isinstance(call, Mark)}
    assert set(get_args(m.AnyMark)) - without - heard == set()


def require_all_seen(reports: Iterable[Report]) -> None:
    """Each variant gave a state, and each kind of damage was in one."""
    variants = sum((report.variants for report in reports), Counter[int]())
    traits = sum((report.traits for report in reports), Counter[str]())
    assert set(range(len(VARIANTS))) - variants.keys() == set()
    assert set(TRAITS) - traits.keys() == set()


def test_a_crash_in_a_start_is_no_other(here: Path) -> None:
    """Recovery is done again after a crash at any of its own calls, and ends in the same."""
    *_, chapter = desk_chapters(here, "nested", 40, 20)
    assert nested(chapter, here, "nested", every_calls=15) > 100


def nested(chapter: Chapter, here: Path, seed: str, every_calls: int) -> int:
    starts, states = Starts(here / "states"), 0
    disk, ledger = Disk(chapter.layout), chapter.ledger()
    for number, call in enumerate(chapter.calls):
        take(call, disk, ledger)
        if number % every_calls:
            continue
        tree = disk.state(number, seed)
        found, layout, calls = starts.recorded(tree)
        inner = Disk(layout)
        for inside, one in enumerate(calls):
            inner.apply(one)
            crashed = inner.state(inside + number, seed)
            outcome = starts.outcome(crashed)
            assert outcome.found == found, f"call {number}, call {inside} of the start"
            assert ledger.faults(crashed, outcome.found) == []
            assert outcome.again is None
            states += 1
    return states


def made(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_fifty_thousand_states(here: Path) -> None:
    states = 0
    while states < MOST:
        seed = f"long {states}"
        room = made(here / seed)
        for number, chapter in enumerate(
            [
                *desk_chapters(room, seed, CHANGES, LATER_CHANGES),
                house_chapter(made(room / "home"), seed, HOUSE_CHANGES),
            ]
        ):
            states += looked_at(chapter, made(room / str(number)), seed, every).states
        *_, chapter = desk_chapters(made(room / "nested"), seed, CHANGES, LATER_CHANGES)
        states += nested(chapter, made(room / "inner"), seed, every_calls=5)
    assert states >= MOST  # each of them held what it had to
