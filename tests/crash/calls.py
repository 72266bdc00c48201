"""PURE: what can be done to files, as it is recorded, and what stands between the calls.

Files and directories are numbers that are never used twice; the data directory itself is ROOT. A
tree is what can be seen of a disk: path below the data directory -> what is there.
"""

from typing import Any

from msgspec import Struct

ROOT = 0

Tree = dict[str, bytes | str | None]
"""A file's content, None for a directory, or the path of the file that this is another name of."""


class Edit(Struct, frozen=True):
    """A name in a directory stood for `before` and now stands for `after`; None: nothing."""

    directory: int
    name: str
    before: int | None
    after: int | None


class Renamed(Struct, frozen=True):
    """Names that changed in one step: made, linked, moved, swapped or removed.

    `made`: the file or directory that came to be with it.
    """

    edits: tuple[Edit, ...]
    made: int | None = None
    is_directory: bool = False


class Wrote(Struct, frozen=True):
    file: int
    offset: int
    content: bytes


class Resized(Struct, frozen=True):
    """Cut, or made longer with zeros."""

    file: int
    size: int


class Synced(Struct, frozen=True):
    """Of a file its content, of a directory its names."""

    what: int


class SyncFailed(Struct, frozen=True):
    """From here on the system takes what was not on disk for written, and writes it no more."""

    file: int


class Mark(Struct, frozen=True):
    """Nothing that happened to a file: what was begun or acknowledged at this point."""

    what: Any


Call = Renamed | Wrote | Resized | Synced | SyncFailed | Mark


class Layout(Struct, frozen=True):
    """A disk at rest: the names of each directory, the content of each file."""

    names: dict[int, dict[str, int]]
    files: dict[int, bytes]

    def copy(self) -> "Layout":
        return Layout({number: dict(names) for number, names in self.names.items()}, {**self.files})

    def tree(self) -> Tree:
        """What can be reached from the root."""
        found: Tree = {}
        paths: dict[int, list[str]] = {}
        todo = [("", ROOT)]
        while todo:
            prefix, directory = todo.pop()
            for name, number in self.names[directory].items():
                path = prefix + name
                if number in self.files:
                    paths.setdefault(number, []).append(path)
                else:
                    found[path] = None
                    todo.append((f"{path}/", number))
        for number, named in paths.items():
            first = min(named)
            found.update(dict.fromkeys(named, first))
            found[first] = self.files[number]
        return found


def layout_of(tree: Tree) -> Layout:
    """The tree as a disk at rest."""
    found = Layout({ROOT: {}}, {})
    numbers = {"": ROOT}
    links = []
    for path in sorted(tree):
        content = tree[path]
        if isinstance(content, str):
            links.append(path)
            continue
        number = numbers[path] = len(numbers)
        _enter(found, numbers, path)
        if content is None:
            found.names[number] = {}
        else:
            found.files[number] = content
    for path in links:
        numbers[path] = numbers[str(tree[path])]
        _enter(found, numbers, path)
    return found


def _enter(layout: Layout, numbers: dict[str, int], path: str) -> None:
    parent, _, name = path.rpartition("/")
    layout.names[numbers[parent]][name] = numbers[path]
