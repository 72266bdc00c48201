"""The proof is worth something: it finds every fault that is put into the storage code.

And finds it for what it is, not because something or other went wrong. The same small budget finds
nothing in the code as it is.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.chapters import Chapter, chapter_after_crash, desk_chapter
from tests.crash.damage import damaged, overlooked
from tests.crash.disk import Disk
from tests.crash.faults import FAULTS, Fault
from tests.crash.place import Place
from tests.crash.proof import Starts, drawn, prove

CHANGES = 30
VARIANTS = 5
"""Of what a disk may have kept after each call."""


def test_the_code_as_it_is_passes(here: Path) -> None:
    assert list(found(here)) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.plant.__name__)
def test_a_planted_fault_is_found(
    here: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    fault.plant(monkeypatch)
    said = next(found(here), "nothing")
    assert re.search(fault.says, said), said


def found(here: Path) -> Iterator[str]:
    """What is wrong, one after the other."""
    starts = Starts(here / "states")
    for number in range(2):
        seed = f"planted {number}"
        place = Place(here / f"desk-{number}")
        first = desk_chapter(place, seed, CHANGES)
        yield from of_chapter(first, starts, seed)
        yield from of_damage(first, starts)
        yield from of_chapter(chapter_after_crash(place, first, seed, CHANGES), starts, seed)


def of_chapter(chapter: Chapter, starts: Starts, seed: str) -> Iterator[str]:
    report = prove(
        chapter.calls,
        chapter.layout,
        starts,
        seed=seed,
        variants=drawn(chapter.calls, seed, VARIANTS, 1),
        ledger=chapter.ledger(),
        most=1,
    )
    yield from ("\n".join(violation.faults) for violation in report.violations)


def of_damage(chapter: Chapter, starts: Starts) -> Iterator[str]:
    disk = Disk(chapter.layout)
    for call in chapter.calls:
        disk.apply(call)
    for path, tree in damaged(disk.kept()):
        outcome = starts.outcome(tree)
        if wrong := overlooked(path, tree, outcome.after, outcome.found):
            yield wrong
