"""Changes `workspace.json` for a program, as carefully as a person with an editor would.

What is not changed stays as it is written. Nothing is put there that could not be read again, and
nothing that somebody saved meanwhile is lost.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from storage import durable, strict_json, workspace_file
from storage.errors import FileRefused

Json = dict[str, Any]


def change(path: Path, changed: Callable[[Json], Json]) -> None:
    """Put what `changed` makes of the settings as written ({} without a file) in their place.

    It makes a new dict, and is called again with what somebody saved meanwhile. A file that says so
    already is left as it is. FileRefused if it cannot be used as it is, or as it would be;
    StorageError.
    """
    path = path.resolve()
    with _alone(path.parent), durable.named_failures(path):
        while True:
            before = _raw(path)
            settings = strict_json.parse(before) if before is not None else {}
            if not isinstance(settings, dict):
                raise FileRefused("it is no JSON object", path="$")
            wanted = changed(settings)
            if before is not None and wanted == settings:
                return
            after = msgspec.json.format(msgspec.json.encode(wanted), indent=2) + b"\n"
            workspace_file.parsed(after, path.parent)
            if _raw(path) == before:
                durable.replace_file(path, after)
                return


def _raw(path: Path) -> bytes | None:
    try:
        return durable.read_small(path, workspace_file.SIZE_LIMIT_BYTES)
    except FileNotFoundError:
        return None


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """No other program changes it in this way meanwhile."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
