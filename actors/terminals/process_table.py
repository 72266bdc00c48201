"""What the kernel says of processes, read from /proc: who they are, and who shares a session.

A signal goes to a process only after a pidfd is held and the start time was compared, so that
one which took over the number is not hit.
"""

import ctypes
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from storage.records.process import ProcessIdentity

_PR_SET_CHILD_SUBREAPER = 36


class ProcessEntry(NamedTuple):
    pid: int
    state: str
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
    return ProcessEntry(pid, fields[0], int(fields[2]), int(fields[3]), int(fields[19]))


def identify(pid: int, nonce: str) -> ProcessIdentity:
    """Raises ProcessLookupError when there is no such process."""
    entry = look_up(pid)
    if entry is None:
        raise ProcessLookupError(f"no process {pid}")
    return ProcessIdentity(boot_id=boot_id(), pid=pid, start_ticks=entry.start_ticks, nonce=nonce)


def session_members(session: int) -> list[ProcessEntry]:
    """All living processes whose session has this number."""
    names = os.listdir("/proc")  # noqa: PTH208 - a Path for each of hundreds costs more than the look
    entries = (look_up(int(name)) for name in names if name.isdigit())
    return [e for e in entries if e is not None and e.session == session and not e.is_dead]


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
