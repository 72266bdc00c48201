"""What runs, as /proc says it: for tests that count who is left behind."""

import os
from pathlib import Path


def children() -> set[int]:
    """Processes of ours that have not been reaped."""
    parents = {pid: _parent_and_state(pid) for pid in _all()}
    return {pid for pid, found in parents.items() if found and found[0] == os.getpid()}


def alive(pid: int) -> bool:
    """A zombie is dead, whoever may reap it."""
    found = _parent_and_state(pid)
    return found is not None and found[1] != "Z"


def _all() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent_and_state(pid: int) -> tuple[int, str] | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, parent, *_ = stat.rpartition(")")[2].split()
    return int(parent), state
