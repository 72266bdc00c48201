"""What is recorded and looked at as one: the desk's work, a power cut, and work after the start."""

from collections import Counter
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.crash import house_rows
from tests.crash.calls import ROOT, Call, Layout, Mark, layout_of
from tests.crash.desk import Desk
from tests.crash.desk_rows import work
from tests.crash.disk import VARIANTS, Disk
from tests.crash.file_layer import FileLayer
from tests.crash.house_rows import Household
from tests.crash.ledger import Ledger
from tests.crash.marking import marking
from tests.crash.place import Place, seen
from tests.crash.proof import take
from tests.crash.recording import LEFT_OUT
from tests.fakes.greenroom import House

_LATER = 1_000_000


class Chapter(NamedTuple):
    """`calls` on a disk that was `layout`; `earlier` are the marks of what led to that.

    `changes`: how many of each row there were.
    """

    layout: Layout
    calls: list[Call]
    earlier: tuple[Call, ...]
    changes: Counter[str]

    def ledger(self) -> Ledger:
        """As it stands at the beginning."""
        ledger, disk = Ledger(), Disk(Layout({ROOT: {}}, {}))
        for call in self.earlier:
            take(call, disk, ledger)
        return ledger


def desk_chapter(place: Place, seed: str, changes: int) -> Chapter:
    """From nothing."""
    return _worked(place, Layout({ROOT: {}}, {}), (), Work(seed, changes, first=1))


def house_chapter(home: Path, seed: str, count: int) -> Chapter:
    """From nothing too, in the whole greenroom."""
    layout = Layout({ROOT: {}}, {})
    layer = FileLayer(home / "house", layout)
    with layer.installed(), marking(layer):
        house = House(home, fronts=True)
        try:
            changes = house_rows.work(Household(house.start(), layer, seed), count)
        finally:
            house.close()
    require_complete(layer, layout, house.data.root)
    return Chapter(layout, layer.calls, (), changes)


def chapter_after_crash(place: Place, before: Chapter, seed: str, changes: int) -> Chapter:
    """From what a crash somewhere in the second half of `before` left: first of all a start."""
    random = Random(seed)
    crash = random.randint(len(before.calls) // 2, len(before.calls) - 1)
    disk = Disk(before.layout)
    for call in before.calls[: crash + 1]:
        disk.apply(call)
    tree = disk.state(random.randrange(len(VARIANTS)), seed)
    place.become(tree)
    marks = [call for call in before.calls[: crash + 1] if isinstance(call, Mark)]
    work_on = Work(seed, changes, first=_LATER + crash * _LATER)
    return _worked(place, layout_of(tree), (*before.earlier, *marks), work_on)


class Work(NamedTuple):
    """So many changes, drawn by `seed`; `first` is of the numbers that make names."""

    seed: str
    changes: int
    first: int


def _worked(place: Place, layout: Layout, earlier: tuple[Call, ...], wanted: Work) -> Chapter:
    layer = FileLayer(place.root, layout)
    with layer.installed(), marking(layer):
        desk = Desk(place.root, layer, wanted.seed, wanted.first)
        desk.start()
        changes = work(desk, wanted.changes)
        desk.close()
    assert desk.problems == ()
    require_complete(layer, layout, place.root)
    place.tree = seen(place.root)
    return Chapter(layout, layer.calls, earlier, changes)


def require_complete(layer: FileLayer, layout: Layout, root: Path) -> None:
    """Nothing went past the recorder: what it says lies there is what lies there."""
    assert layer.escaped == []
    disk = Disk(layout)
    for call in layer.calls:
        disk.apply(call)
    there = {path: content for path, content in seen(root).items() if not _is_left_out(path)}
    assert {path for path, _ in there.items() ^ disk.kept().items()} == set()


def _is_left_out(path: str) -> bool:
    return path.startswith(f"{LEFT_OUT}/")
