"""Where in the storage code a call to the system is made: the functions on the way to it."""

import inspect
from pathlib import Path
from types import FrameType

import storage

_STORAGE = str(Path(storage.__path__[0]))


def call_site() -> tuple[str, ...]:
    """As `module.function:line`, the innermost first; empty if no storage code asked for it."""
    found: list[str] = []
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(_STORAGE):
            found.append(f"{Path(code.co_filename).stem}.{code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return tuple(found)


def modules_of(site: tuple[str, ...]) -> set[str]:
    return {step.partition(".")[0] for step in site}
