"""PURE: a file system with a page cache, and what a power cut may leave of it.

Promises only what a journaling POSIX file system does. `fsync` of a file keeps its content and
size, not its name; `fsync` of a directory keeps its names. What is not synced may be kept or not:
of a file's writes any, in whole or in part; of the names of one directory those up to some change;
different directories independently. The names of one file change in their order; a rename is one
step, and sure when the directory is synced that it goes to.
"""

import itertools
from collections.abc import Iterator, Sequence
from random import Random

from tests.crash import torn
from tests.crash.calls import Call, Edit, Layout, Renamed, Resized, Synced, SyncFailed, Tree, Wrote

NAMES = ("all", "none", "in-order", "apart")
"""Which of the pending names are there; `in-order`: up to some change of them all."""

VARIANTS = (
    *(("none", way) for way in ("dropped", "kept")),
    *(("all", way) for way in torn.WAYS),
    *itertools.product(("in-order", "apart"), torn.WAYS),
    ("apart", "mixed"),
    ("in-order", "mixed"),
    ("all", "mixed"),
    ("none", "mixed"),
)
"""`mixed`: each file in a way of its own."""


class _Pending:
    """A change of names that is not on disk until one of the directories `sure_with` is synced."""

    def __init__(self, edits: tuple[Edit, ...]) -> None:
        self.edits = edits
        self.directories = {edit.directory for edit in edits}
        gaining = {edit.directory for edit in edits if edit.after is not None}
        self.sure_with = gaining or self.directories
        places = {(edit.directory, edit.name) for edit in edits}
        files = {number for edit in edits for number in (edit.before, edit.after)}
        self.touches: set[object] = places | (files - {None})


class Disk:
    """`apply` calls in their order; `state` is what a crash after the last one leaves."""

    def __init__(self, layout: Layout) -> None:
        self._rest = layout.copy()
        self._writes: dict[int, list[torn.Write]] = {}
        self._names: list[_Pending] = []

    def apply(self, call: Call) -> None:
        match call:
            case Renamed(edits, made, is_directory):
                if made is not None:
                    self._make(made, is_directory)
                self._names.append(_Pending(edits))
            case Wrote(file) | Resized(file):
                self._writes.setdefault(file, []).append(torn.Write(call))
            case Synced(what) if what in self._rest.names:
                self._sync_names(what)
            case Synced(what):
                self._sync_content(what)
            case SyncFailed(file):
                for write in self._writes.get(file, []):
                    write.is_lost = True
            case _:
                return

    def state(self, variant: int, seed: str = "") -> Tree:
        """The same for the same `variant` (any number) and `seed`."""
        names, way = VARIANTS[variant % len(VARIANTS)]
        random = Random(f"{seed}:{variant}")
        return self._layout(self._chosen(names, random), way, random).tree()

    def kept(self) -> Tree:
        """What a reader sees now, without any crash."""
        return self._layout(self._names, "kept", Random(0)).tree()

    def synced(self) -> Tree:
        """Nothing but what is promised."""
        return self._layout([], "dropped", Random(0)).tree()

    @property
    def is_at_rest(self) -> bool:
        return not self._names and not self._writes

    def _make(self, number: int, is_directory: bool) -> None:
        if is_directory:
            self._rest.names[number] = {}
        else:
            self._rest.files[number] = b""

    def _sync_content(self, file: int) -> None:
        writes = self._writes.pop(file, [])
        self._rest.files[file] = torn.after_sync(self._rest.files[file], writes)
        if left := torn.still_lost(writes):
            self._writes[file] = left

    def _sync_names(self, directory: int) -> None:
        """With what it makes sure, also what came before of the same name or file."""
        sure: set[_Pending] = set()
        touched: set[object] = set()
        for pending in reversed(self._names):
            if directory in pending.sure_with or pending.touches & touched:
                sure.add(pending)
                touched |= pending.touches
        for pending in self._names:
            if pending in sure:
                _edit(self._rest.names, pending)
        self._names = [pending for pending in self._names if pending not in sure]

    def _chosen(self, names: str, random: Random) -> Sequence[_Pending]:
        match names:
            case "all":
                return self._names
            case "none":
                return []
            case "in-order":
                return self._names[: random.randint(0, len(self._names))]
            case _:
                return list(_without_gaps(self._names, self._cut_apart(random)))

    def _cut_apart(self, random: Random) -> set[_Pending]:
        """Of each directory all changes up to some point."""
        kept = set(self._names)
        for directory in sorted({one for pending in self._names for one in pending.directories}):
            own = [pending for pending in self._names if directory in pending.directories]
            kept.difference_update(own[random.randint(0, len(own)) :])
        return kept

    def _layout(self, names: Sequence[_Pending], way: str, random: Random) -> Layout:
        after = dict(self._rest.names)
        for directory in {one for pending in names for one in pending.directories}:
            after[directory] = dict(after[directory])
        for pending in names:
            _edit(after, pending)
        files = dict(self._rest.files)
        for file, writes in self._writes.items():
            one = random.choice(torn.WAYS) if way == "mixed" else way
            files[file] = torn.after_crash(files[file], writes, one, random)
        return Layout(after, files)


def _without_gaps(names: list[_Pending], kept: set[_Pending]) -> Iterator[_Pending]:
    """Without those that would follow one of the same name or file that is left out."""
    missing: set[object] = set()
    for pending in names:
        if pending in kept and not pending.touches & missing:
            yield pending
        else:
            missing |= pending.touches


def _edit(names: dict[int, dict[str, int]], pending: _Pending) -> None:
    for edit in pending.edits:
        there = names[edit.directory]
        assert there.get(edit.name) == edit.before, f"{edit} does not fit {there}"
        if edit.after is None:
            del there[edit.name]
        else:
            there[edit.name] = edit.after
