"""What the kernel says of processes, read from /proc: who they are, and who shares a session.

A signal goes to a process only after a pidfd is held and the start time was compared, so that
one which took over the number is not hit. Standard library only, for the smallest processes.
"""

import ctypes
import os
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_PR_SET_CHILD_SUBREAPER = 36
_READ_BYTES = 16 * 1024


class ProcessEntry(NamedTuple):
    """`cpu_ticks`: its own and those of the children that it has reaped."""

    pid: int
    state: str
    parent: int
    group: int
    session: int
    start_ticks: int
    cpu_ticks: int = 0
    resident_pages: int = 0

    @property
    def is_dead(self) -> bool:
        """A zombie, or on its way out."""
        return self.state in "ZX"


def become_subreaper(*, wanted: bool = True) -> None:
    """Have the orphans of our children come to us, or no more. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def has_children() -> bool:
    """Whether we have any, dead ones included. Nobody is reaped."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def look_up(pid: int) -> ProcessEntry | None:
    """None when there is no such process."""
    try:
        text = read_of(pid, "stat")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may hold anything, parentheses and blanks too.
    fields = text[text.rindex(b")") + 2 :].split()
    parent, group, session = map(int, fields[1:4])
    cpu_ticks = sum(map(int, fields[11:15]))
    start_ticks, pages = int(fields[19]), int(fields[21])
    state = fields[0].decode("ascii")
    return ProcessEntry(pid, state, parent, group, session, start_ticks, cpu_ticks, pages)


def read_of(pid: int, name: str) -> bytes:
    """What `/proc/<pid>/<name>` holds. Raises OSError."""
    # Hundreds of them are read every few seconds: `open` would ask thrice what kind of file it is.
    fd = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = []
        while piece := os.read(fd, _READ_BYTES):
            pieces.append(piece)
    finally:
        os.close(fd)
    return b"".join(pieces)


def open_files(pid: int, *, to_write: bool = False) -> Iterator[str]:
    """What its descriptors lead to, as the kernel names it; with `to_write` those alone by which
    it can write. None of a process that has gone or is another user's.
    """
    place = f"/proc/{pid}/fd"
    try:
        names = os.listdir(place)  # noqa: PTH208 - a Path for each of thousands costs more
    except OSError:
        return
    for name in names:
        with suppress(OSError):
            link = f"{place}/{name}"
            if not to_write or os.lstat(link).st_mode & stat.S_IWUSR:
                yield os.readlink(link)  # noqa: PTH115 - as above


def all_processes() -> list[ProcessEntry]:
    """Every process that there is, the dead that nobody has reaped included."""
    names = os.listdir("/proc")  # noqa: PTH208 - a Path for each of hundreds costs more than the look
    entries = (look_up(int(name)) for name in names if name.isdigit())
    return [entry for entry in entries if entry is not None]


def living_by_session() -> dict[int, list[ProcessEntry]]:
    """All living processes, by the number of their session: one look for many questions."""
    found: dict[int, list[ProcessEntry]] = {}
    for entry in all_processes():
        if not entry.is_dead:
            found.setdefault(entry.session, []).append(entry)
    return found


def session_members(session: int) -> list[ProcessEntry]:
    """All living processes whose session has this number."""
    return [e for e in all_processes() if e.session == session and not e.is_dead]


def descendants(
    entries: list[ProcessEntry], pid: int, spared: Callable[[int], bool]
) -> list[ProcessEntry]:
    """The living below `pid`, children before their own; who is `spared` is so with all below."""
    children: dict[int, list[ProcessEntry]] = {}
    for entry in entries:
        children.setdefault(entry.parent, []).append(entry)
    found: list[ProcessEntry] = []
    looked_at = [pid]
    for above in looked_at:
        below = [each for each in children.get(above, ()) if each.pid != pid]
        found += (kept := [each for each in below if not spared(each.pid)])
        looked_at += [each.pid for each in kept]
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
