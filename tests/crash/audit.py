"""What the interpreter itself reports of changes to files, whoever makes them, and however.

It knows of names and opened files, not of writes; a descriptor that nobody recorded when it was
opened for writing shows here.
"""

import os
import sys
from typing import Any, Protocol

CHANGES = frozenset(
    f"os.{name}" for name in ("rename", "remove", "mkdir", "rmdir", "link", "symlink", "truncate")
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Listener(Protocol):
    def hear(self, event: str, paths: list[str]) -> None: ...


_listeners: list[Listener] = []
_hooked: list[bool] = []


def begin(listener: Listener) -> None:
    """A hook is there for good once it is there; without a listener it does nothing."""
    assert not _listeners, "one layer at a time"
    _listeners.append(listener)
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_hear)


def end() -> None:
    _listeners.clear()


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _listeners or not (event in CHANGES or (event == "open" and _writes(arguments))):
        return
    paths = [os.fsdecode(one) for one in arguments if isinstance(one, str | bytes | os.PathLike)]
    for listener in _listeners:
        listener.hear(event, paths)


def _writes(arguments: tuple[Any, ...]) -> bool:
    _, mode, flags = arguments
    return bool(flags & _WRITING) or (isinstance(mode, str) and bool(set(mode) & set("wax+")))
