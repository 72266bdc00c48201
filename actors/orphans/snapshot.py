"""Every process as /proc shows it now, with what its environment and its command line say of us.

What may not be read, because it is another user's, has neither marks nor a role.
"""

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import cast

from actors.entry import role_and_directory
from actors.limit_mark import borne_by
from actors.messages.orphans import Marks, Policy, Process, Role
from actors.process_table import ProcessEntry, all_processes, read_of

_MARKS = b"GREENROOM_"
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def all_marked(root: str) -> list[Process]:
    """Every living process. `root` is our data directory."""
    return [_looked_into(entry, root) for entry in all_processes() if not entry.is_dead]


def those_near(root: str, near: Callable[[list[Process]], Collection[int]]) -> list[Process]:
    """The same, but only the processes whose pids `near` picks are looked into."""
    entries = {entry.pid: entry for entry in all_processes() if not entry.is_dead}
    bare = {pid: _bare(entry) for pid, entry in entries.items()}
    picked = near(list(bare.values()))
    return [
        _looked_into(entry, root) if pid in picked else bare[pid] for pid, entry in entries.items()
    ]


def name_of(pid: int) -> str:
    """As the kernel has it, without arguments: those may hold secrets. Empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8", "replace").rstrip("\n")
    except OSError:
        return ""


def _bare(entry: ProcessEntry) -> Process:
    return _process(entry, None, None)


def _looked_into(entry: ProcessEntry, root: str) -> Process:
    role = role_in(_read(entry.pid, "cmdline"), root)
    marks = marks_in(_read(entry.pid, "environ"))
    return _process(entry, role, marks, None if marks else borne_by(entry.pid))


def _process(
    entry: ProcessEntry, role: Role | None, marks: Marks | None, limit_mark: int | None = None
) -> Process:
    return Process(
        pid=entry.pid,
        parent=entry.parent,
        session=entry.session,
        start_ticks=entry.start_ticks,
        cpu_seconds=entry.cpu_ticks / _TICKS_PER_SECOND,
        memory_bytes=entry.resident_pages * _PAGE_BYTES,
        role=role,
        marks=marks,
        limit_mark=limit_mark,
    )


def _read(pid: int, name: str) -> bytes:
    try:
        return read_of(pid, name)
    except OSError:
        return b""


def role_in(command_line: bytes, root: str) -> Role | None:
    """Of a launcher None: it is marked, and lives below its daemon. PURE but for links."""
    found = role_and_directory(command_line)
    if found is None:
        return None
    return "own" if os.path.realpath(found[1]) == os.path.realpath(root) else "other"


def marks_in(environ: bytes) -> Marks | None:
    """None where no instance is named. PURE."""
    if _MARKS not in environ:
        return None
    pairs = (item.partition(b"=") for item in environ.split(b"\0") if item.startswith(_MARKS))
    found = {name.decode("ascii", "replace"): os.fsdecode(value) for name, _, value in pairs}
    if not found.get("GREENROOM_INSTANCE"):
        return None
    policy = found.get("GREENROOM_ORPHANS")
    return Marks(
        instance=found["GREENROOM_INSTANCE"],
        worker=found.get("GREENROOM_WORKER", ""),
        nonce=found.get("GREENROOM_NONCE", ""),
        policy=cast("Policy", policy) if policy in {"kill", "list"} else None,
        server=found.get("GREENROOM_SERVER", ""),
    )
