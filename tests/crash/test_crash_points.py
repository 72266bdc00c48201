"""No crash takes back what was acknowledged, leaves anything half, or makes two starts differ.

The desk and the whole greenroom work, every call is recorded, and after each of them a power cut is
tried in all its variants; then the real start runs on what that leaves. A violation names its state
(call, variant, seed). The long form looks at more than 50,000 states.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.chapters import Chapter, chapter_after_crash, desk_chapter, house_chapter
from tests.crash.disk import Disk
from tests.crash.place import Place
from tests.crash.proof import Starts, drawn, prove, take

MOST = 50_000
FEW, MANY = 2, 14
"""Variants that are tried after each call, in the short and in the long form."""


def looked_at(chapter: Chapter, here: Path, seed: str, count: int) -> int:
    """How many states, none of which is a violation."""
    report = prove(
        chapter.calls,
        chapter.layout,
        Starts(here / "states"),
        seed=seed,
        variants=drawn(chapter.calls, seed, count),
        ledger=chapter.ledger(),
    )
    assert report.violations == [], "\n\n".join(map(str, report.violations))
    return report.states


def desk_chapters(here: Path, seed: str, changes: int) -> Iterator[Chapter]:
    """From nothing, then twice from what a crash left."""
    place = Place(here / f"desk-{seed}")
    chapter = desk_chapter(place, seed, changes)
    yield chapter
    for number in range(2):
        chapter = chapter_after_crash(place, chapter, f"{seed}-{number}", changes // 2)
        yield chapter


@pytest.mark.parametrize("seed", ["one", "two"])
def test_storage_alone(here: Path, seed: str) -> None:
    states = 0
    for number, chapter in enumerate(desk_chapters(here, seed, 40)):
        states += looked_at(chapter, made(here / str(number)), seed, FEW)
    assert states > 1000


def test_the_whole_greenroom(here: Path) -> None:
    chapter = house_chapter(made(here / "home"), "house", 50)
    assert looked_at(chapter, here, "house", FEW) > 1000


def test_a_crash_in_a_start_is_no_other(here: Path) -> None:
    """Recovery is done again after a crash at any of its own calls, and ends in the same."""
    *_, chapter = desk_chapters(here, "nested", 40)
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
@pytest.mark.timeout(3600)
def test_fifty_thousand_states(here: Path) -> None:
    states = 0
    while states < MOST:
        seed = f"long {states}"
        room = made(here / seed)
        chapters = [*desk_chapters(room, seed, 50), house_chapter(made(room / "home"), seed, 60)]
        for place, chapter in enumerate(chapters):
            states += looked_at(chapter, made(room / str(place)), seed, MANY)
