"""What the kernel says of processes, read from /proc: who they are, and who shares a session.

A signal goes to a process only after a pidfd is held and the start time was compared, so that
one which took over the number is not hit. Standard library only, for the smallest processes.
"""

import ctypes
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_PR_SET_CHILD_SUBREAPER = 36


class ProcessEntry(NamedTuple):
    pid: int
    state: str
    parent: int
    group: int
    session: int
    start_ticks: int

    @property
    def is_dead(self) -> bool:
        """A zombie, or on its way out."""
        return self.state in "ZX"


def become_subreaper() -> None:
    """Have the orphans of our children come to us. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def look_up(pid: int) -> ProcessEntry | None:
    """None when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may hold anything, parentheses and blanks too.
    fields = text[text.rindex(")") + 2 :].split()
    parent, group, session = (int(text) for text in fields[1:4])
    return ProcessEntry(pid, fields[0], parent, group, session, int(fields[19]))


def all_processes() -> list[ProcessEntry]:
    """Every process that there is, the dead that nobody has reaped included."""
    names = os.listdir("/proc")  # noqa: PTH208 - a Path for each of hundreds costs more than the look
    entries = (look_up(int(name)) for name in names if name.isdigit())
    return [entry for entry in entries if entry is not None]


def session_members(session: int) -> list[ProcessEntry]:
    """All living processes whose session has this number."""
    return [e for e in all_processes() if e.session == session and not e.is_dead]


def descendants(entries: list[ProcessEntry], pid: int) -> list[ProcessEntry]:
    """The living below `pid`, children before their own. PURE."""
    children: dict[int, list[ProcessEntry]] = {}
    for entry in entries:
        children.setdefault(entry.parent, []).append(entry)
    found = [entry for entry in children.get(pid, []) if entry.pid != pid]
    for above in found:
        found += children.get(above.pid, [])
    return [entry for entry in found if not entry.is_dead]


def send_signal(pid: int, start_ticks: int, number: signal.Signals) -> bool:
    """False when that very process is gone. Raises PermissionError."""
    with suppress(ProcessLookupError):
        pidfd = os.pidfd_open(pid)
        try:
            entry = look_up(pid)
            if entry is not None and entry.start_ticks == start_ticks:
                signal.pidfd_send_signal(pidfd, number)
                return True
        finally:
            os.close(pidfd)
    return False
