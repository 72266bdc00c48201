"""Where rows measure: fresh directories on one disk, and the crowd of sessions that some share."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp

from benchmarks.measuring import Say
from benchmarks.stores import fill
from storage.data_dir import DataDir


@dataclass(frozen=True)
class Ground:
    """`say` tells how far it is. The crowds are made once per run, by the first row that asks."""

    root: Path
    say: Say
    crowds: dict[tuple[int, int], DataDir] = field(default_factory=dict)

    def fresh(self, name: str) -> Path:
        """An empty directory that nobody else has."""
        return Path(mkdtemp(prefix=f"{name}-", dir=self.root))

    def crowd(self, sessions: int, messages: int) -> DataDir:
        """A data directory with so many sessions of so many messages, on disk and projected."""
        made = self.crowds.get((sessions, messages))
        if made is None:
            self.say(f"making {sessions:,} sessions of {messages} messages")
            made = DataDir(self.fresh("crowd") / "data")
            fill(made, sessions, messages)
            os.sync()  # what is written back later would be in the way of those who sync
            self.crowds[sessions, messages] = made
        return made

    def saying(self, say: Say) -> "Ground":
        """The same ground with another voice."""
        return replace(self, say=say)


@contextmanager
def ground(directory: Path | None, say: Say) -> Iterator[Ground]:
    """Below `directory`, or where the system keeps what is temporary; gone at the end."""
    root = Path(mkdtemp(prefix="greenroom-benchmarks-", dir=directory))
    try:
        yield Ground(root, say)
    finally:
        shutil.rmtree(root, ignore_errors=True)
