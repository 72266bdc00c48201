"""Goes through a recording call by call, and recovers from what a crash there may leave.

A state is a call and a variant; two variants that leave the same tree count once. What a start
makes of a tree depends on that tree alone, so it is found out once for each.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.crash.calls import Call, Layout, Mark, Tree, layout_of
from tests.crash.disk import VARIANTS, Disk
from tests.crash.file_layer import FileLayer
from tests.crash.ledger import Ledger
from tests.crash.place import Place
from tests.crash.recovery import Found, recover
from tests.crash.traits import traits

_REMEMBERED = 2000
_LAST_CALLS = 12
_SURE = VARIANTS.index(("none", "dropped"))


class State(NamedTuple):
    """Where a crash is looked at: after `call` (counted from 0), in which variant."""

    call: int
    variant: int
    seed: str

    def __str__(self) -> str:
        names, way = VARIANTS[self.variant % len(VARIANTS)]
        which = f"names {names}, content {way}"
        return f"after call {self.call}, variant {self.variant} ({which}), seed {self.seed!r}"


class Violation(NamedTuple):
    state: State
    faults: tuple[str, ...]
    calls: tuple[Call, ...]
    tree: Tree

    def __str__(self) -> str:
        last = "\n".join(
            f"  {self.state.call - len(self.calls) + 1 + i} {str(call)[:300]}"
            for i, call in enumerate(self.calls)
        )
        there = "\n".join(
            f"  {path} {'' if content is None else content[:60]!r}"
            for path, content in sorted(self.tree.items())
        )
        return (
            f"{self.state}:\n" + "\n".join(self.faults) + f"\nlast calls:\n{last}\ntree:\n{there}"
        )


class Outcome(NamedTuple):
    """What a start made of a tree; `again` says how a second one differed."""

    found: Found
    after: Tree
    again: str | None


class Starts:
    """The real start on any tree, in a directory that is made to look like it."""

    def __init__(self, root: Path, start: Callable[[Path], Found] = recover) -> None:
        self._place = Place(root)
        self._start = start
        self._known: OrderedDict[int, tuple[Found, Tree]] = OrderedDict()
        self.count = 0

    def outcome(self, tree: Tree) -> Outcome:
        found, after = self._started(tree)
        second, settled = self._started(after)
        return Outcome(found, after, _difference((found, after), (second, settled)))

    def recorded(self, tree: Tree) -> tuple[Found, Layout, list[Call]]:
        """A start with all that it does; not from memory."""
        layout = layout_of(tree)
        self._place.become(tree)
        layer = FileLayer(self._place.root, layout)
        with layer.installed():
            try:
                found = self._start(self._place.root)
            except Exception as error:  # noqa: BLE001 - a start that gives up has found nothing
                found = Found(problems=(f"the start gave up: {error!r}",))
        assert layer.escaped == []
        disk = Disk(layout)
        for call in layer.calls:
            disk.apply(call)
        self._place.tree = disk.kept()
        self.count += 1
        return found, layout, layer.calls

    def _started(self, tree: Tree) -> tuple[Found, Tree]:
        key = hash(frozenset(tree.items()))
        known = self._known.get(key)
        if known is None:
            found, _, _ = self.recorded(tree)
            known = self._known[key] = (found, self._place.tree)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return known


def _difference(first: tuple[Found, Tree], second: tuple[Found, Tree]) -> str | None:
    if first[1] != second[1]:
        paths = {path for path, _ in first[1].items() ^ second[1].items()}
        return f"a second start changes {sorted(paths)}"
    if first[0] != second[0]:
        return "a second start finds something else"
    return None


class Report:
    """`variants`: how many states each gave; `traits`: in how many states each was seen."""

    def __init__(self) -> None:
        self.states = 0
        self.violations: list[Violation] = []
        self.variants: Counter[int] = Counter()
        self.traits: Counter[str] = Counter()


def prove(
    calls: Sequence[Call],
    layout: Layout,
    starts: Starts,
    *,
    seed: str,
    variants: Callable[[int], Sequence[int]],
    ledger: Ledger | None = None,
    most: int = 3,
) -> Report:
    """Looks at the variants that `variants` gives for each call; ends after `most` violations.

    `ledger` knows what was promised before the recording.
    """
    report = Report()
    ledger, disk = ledger or Ledger(), Disk(layout)
    for call in range(len(calls)):
        take(calls[call], disk, ledger)
        for variant, tree in _states(disk, variants(call), f"{seed}:{call}", report):
            outcome = starts.outcome(tree)
            faults = ledger.faults(tree, outcome.found)
            if outcome.again:
                faults.append(outcome.again)
            if faults:
                last = tuple(calls[max(0, call - _LAST_CALLS) : call + 1])
                state = State(call, variant, seed)
                report.violations.append(Violation(state, tuple(faults), last, tree))
                if len(report.violations) >= most:
                    return report
    return report


def _states(
    disk: Disk, variants: Sequence[int], seed: str, report: Report
) -> Iterator[tuple[int, Tree]]:
    """Each tree once, counted."""
    if not variants:
        return
    seen: set[int] = set()
    kept, synced = disk.kept(), disk.synced()
    for variant in variants:
        tree = disk.state(variant, seed)
        key = hash(frozenset(tree.items()))
        if key not in seen:
            seen.add(key)
            report.states += 1
            report.variants[variant] += 1
            report.traits.update(set(traits(tree, kept, synced)))
            yield variant, tree


def drawn(
    calls: Sequence[Call], seed: str, count: int, every: int = 1
) -> Callable[[int], Sequence[int]]:
    """So many variants for one call of so many, each time others; more where it matters.

    Right after an acknowledgement the state is always among them that has what is sure and no more.
    """

    def variants(call: int) -> Sequence[int]:
        is_mark = isinstance(calls[call], Mark)
        if not is_mark and call % every:
            return ()
        some = Random(f"{seed}:{call}").sample(range(len(VARIANTS)), count)
        return [_SURE, *some[1:]] if is_mark else some

    return variants


def take(call: Call, disk: Disk, ledger: Ledger) -> None:
    disk.apply(call)
    if isinstance(call, Mark):
        ledger.hear(call.what)
