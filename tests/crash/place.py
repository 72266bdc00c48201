"""A directory that is made to look like one state of a disk after the other.

Touches only what differs from the state before. In memory where the system has such a directory:
what would survive a power cut is for `disk` to say, not for the machine that the test runs on.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.crash.calls import Tree

_IN_MEMORY = Path("/dev/shm")


class Place:
    """`tree` is what lies below `root`; whoever changes something there says so in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tree: Tree = {}
        root.mkdir(0o700)

    def become(self, wanted: Tree) -> None:
        here = self.tree
        changed = {path for path in here.keys() | wanted.keys() if not _stays(here, wanted, path)}
        for path in sorted(changed & here.keys(), reverse=True):
            if here[path] is None:
                (self.root / path).rmdir()
            else:
                (self.root / path).unlink()
        for path in sorted(changed & wanted.keys()):
            self._put(path, wanted[path])
        for path in changed & wanted.keys():
            if isinstance(first := wanted[path], str):
                os.link(f"{self.root}/{first}", f"{self.root}/{path}")
        self.tree = wanted

    def _put(self, path: str, content: bytes | str | None) -> None:
        if content is None:
            (self.root / path).mkdir(0o700)
        elif isinstance(content, bytes):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            descriptor = os.open(self.root / path, flags, 0o600)
            os.write(descriptor, content)
            os.close(descriptor)


def _stays(here: Tree, wanted: Tree, path: str) -> bool:
    """Names of one file are made anew together, since each of them is the other."""
    if path not in here or path not in wanted:
        return False
    return here[path] == wanted[path] and not isinstance(wanted[path], str)


@contextmanager
def fast_directory(otherwise: Path) -> Iterator[Path]:
    """An empty directory in memory if there is such a thing, gone at the end; else a given one."""
    if not os.access(_IN_MEMORY, os.W_OK):
        yield otherwise
        return
    made = Path(tempfile.mkdtemp(prefix="greenroom-crash-", dir=_IN_MEMORY))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def seen(root: Path) -> Tree:
    """What really lies there; a second name of a file as in `Tree`."""
    found: Tree = {}
    first: dict[int, str] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        status = path.lstat()
        if path.is_dir():
            found[name] = None
        elif path.is_file():
            known = first.setdefault(status.st_ino, name)
            found[name] = path.read_bytes() if known == name else known
    return found
