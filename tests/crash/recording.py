"""What was done below one directory, call by call, and which name stands for what meanwhile.

Promises that a name resolves to the file or directory that it stood for when it was called, also
through descriptors. `run/` is left out: nothing that lies there outlives the daemon.
"""

import os
from typing import Any

from tests.crash.calls import ROOT, Call, Edit, Layout, Renamed

LEFT_OUT = "run"

Place = tuple[int, str]
"""A directory and a name in it."""


class Recording:
    """Not safe for threads: whoever fills it holds a lock. `root` looks like `layout` at first."""

    def __init__(self, root: str, layout: Layout) -> None:
        self.calls: list[Call] = []
        self.root = root
        self.descriptors: dict[int, int] = {}
        self._inside = f"{root}/"
        self._names = {number: dict(names) for number, names in layout.names.items()}
        self._next = 1 + max([*layout.names, *layout.files])

    def place(self, path: Any, dir_fd: int | None = None) -> Place | None:
        """None for what does not concern us, the root itself included."""
        text = os.fsdecode(path)
        if dir_fd is not None and not text.startswith("/"):
            directory = self.descriptors.get(dir_fd)
            return None if directory is None else self._walk(directory, text)
        if not text.startswith(self._inside):
            return None
        return self._walk(ROOT, text[len(self._inside) :])

    def at(self, place: Place) -> int | None:
        return self._names[place[0]].get(place[1])

    def number(self, path: Any, dir_fd: int | None = None) -> int | None:
        """The file or directory behind a path or descriptor; None if it is not ours."""
        if isinstance(path, int):
            return self.descriptors.get(path)
        if os.fsdecode(path) == self.root:
            return ROOT
        place = self.place(path, dir_fd)
        return None if place is None else self.at(place)

    def rename(self, *edits: Edit, made: int | None = None, is_directory: bool = False) -> None:
        for edit in edits:
            if edit.after is None:
                del self._names[edit.directory][edit.name]
            else:
                self._names[edit.directory][edit.name] = edit.after
        self.calls.append(Renamed(edits, made, is_directory))

    def make(self, place: Place, *, is_directory: bool = False) -> int:
        number, self._next = self._next, self._next + 1
        if is_directory:
            self._names[number] = {}
        self.rename(Edit(*place, None, number), made=number, is_directory=is_directory)
        return number

    def _walk(self, directory: int, text: str) -> Place | None:
        *parents, name = text.split("/")
        if directory == ROOT and parents and parents[0] == LEFT_OUT:
            return None
        for parent in parents:
            found = self._names.get(directory, {}).get(parent)
            if found is None:
                return None
            directory = found
        return (directory, name) if directory in self._names else None
