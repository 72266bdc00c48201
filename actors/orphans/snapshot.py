"""Every process as /proc shows it now, with what its environment and its command line say of us.

What may not be read, because it is another user's, has neither marks nor a role.
"""

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import cast

from actors.entry import ROLES
from actors.messages.orphans import Marks, Policy, Process, Role
from actors.process_table import ProcessEntry, all_processes

_ENTRY_SCRIPT = "entry.py"
_MARKS = b"GREENROOM_"
_KEPT_ROLES = frozenset(ROLES) - {"mcp-launcher"}
"""Those that have a data directory. A launcher is marked, and lives below its daemon."""


def all_marked(root: str) -> list[Process]:
    """Every living process. `root` is our data directory."""
    return [_process(entry, root) for entry in all_processes() if not entry.is_dead]


def those_near(root: str, near: Callable[[list[Process]], Collection[int]]) -> list[Process]:
    """The same, but only the processes whose pids `near` picks are looked into."""
    entries = {entry.pid: entry for entry in all_processes() if not entry.is_dead}
    bare = {pid: _bare(entry) for pid, entry in entries.items()}
    picked = near(list(bare.values()))
    return [_process(entry, root) if pid in picked else bare[pid] for pid, entry in entries.items()]


def name_of(pid: int) -> str:
    """As the kernel has it, without arguments: those may hold secrets. Empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8", "replace").rstrip("\n")
    except OSError:
        return ""


def _bare(entry: ProcessEntry) -> Process:
    return Process(
        pid=entry.pid,
        parent=entry.parent,
        session=entry.session,
        start_ticks=entry.start_ticks,
    )


def _process(entry: ProcessEntry, root: str) -> Process:
    return Process(
        pid=entry.pid,
        parent=entry.parent,
        session=entry.session,
        start_ticks=entry.start_ticks,
        role=role_in(_read(entry.pid, "cmdline"), root),
        marks=marks_in(_read(entry.pid, "environ")),
    )


def _read(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:  # noqa: PTH123 - hundreds of them: a Path costs more
            return file.read()
    except OSError:
        return b""


def role_in(command_line: bytes, root: str) -> Role | None:
    """By the words of `entry_command`: python, -P, the script, the role, --data, DIR. PURE."""
    if _ENTRY_SCRIPT.encode() not in command_line:
        return None
    words = [os.fsdecode(word) for word in command_line.split(b"\0")[1:6]]
    if len(words) < 5 or words[0] != "-P" or words[3] != "--data":
        return None
    if words[1].rpartition("/")[2] != _ENTRY_SCRIPT or words[2] not in _KEPT_ROLES:
        return None
    return "own" if os.path.realpath(words[4]) == os.path.realpath(root) else "other"


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
    )
