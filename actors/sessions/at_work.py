"""Who is at work below a directory: processes that stand in it or have a file of it open to write,
and sessions that live there.

The session's own workers and servers, with all that they started, are left out; when its workers
have ended, its servers alone.
"""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from actors.messages.orphans import Process
from actors.orphans.snapshot import name_of
from actors.process_table import open_files
from storage.records.session import Session
from storage.records.worker import ProcessWorker

_DELETED = " (deleted)"
"""So the kernel's name of a file ends that has none any more: what is written there goes anyway."""


def at_work_in(
    directory: Path,
    session: Session,
    processes: list[Process],
    sessions: Iterable[Session],
    *,
    seen: Collection[int] = (),
    has_ended: bool = False,
) -> tuple[str, ...]:
    """A phrase for each. A process that may not be looked at is another user's, and left out.

    `seen`: pids that the account has as the session's, too. `has_ended`: what its workers left
    behind counts.
    """
    own = _own(session, processes, has_ended=has_ended)
    own |= set() if has_ended else set(seen)
    found = []
    real = os.path.realpath(directory)
    for process in processes:
        where = None if process.pid in own else _at_work(process.pid, real)
        if where is not None:
            found.append(f"process {process.pid} ({name_of(process.pid)}) {where}")
    for other in sessions:
        if other.id != session.id and _is_below(other.location_path, real):
            title = f"{other.title}, archived" if other.archived else other.title
            found.append(f"session {other.id} ({title}) in {other.location_path}")
    return tuple(found)


def _own(session: Session, processes: list[Process], *, has_ended: bool) -> set[int]:
    """By their marks, by the terminals of its workers, and by descent."""
    workers = [worker for worker in session.workers if isinstance(worker, ProcessWorker)]
    leaders = {worker.process.pid for worker in workers if worker.process}
    children: dict[int, list[int]] = {}
    waiting = []
    for process in processes:
        children.setdefault(process.parent, []).append(process.pid)
        marks = process.marks
        is_marked = marks is not None and marks.worker.startswith(f"{session.id}/")
        is_served = marks is not None and session.id in marks.server
        is_led = process.session in leaders or process.pid in leaders
        if is_served or (not has_ended and (is_marked or is_led)):
            waiting.append(process.pid)
    own: set[int] = set()
    while waiting:
        pid = waiting.pop()
        if pid not in own:
            own.add(pid)
            waiting += children.get(pid, ())
    return own


def _at_work(pid: int, directory: str) -> str | None:
    """How a process is: it stands there, or can write to a file there that still has a name."""
    place = _place_of(pid)
    if place is not None and _is_below(place, directory):
        return f"in {place}"
    files = (file for file in open_files(pid, to_write=True) if _is_below(file, directory))
    file = next((file for file in files if not file.endswith(_DELETED)), None)
    return None if file is None else f"with {file} open to write"


def _place_of(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return None


def _is_below(place: str, directory: str) -> bool:
    """`directory` without links."""
    return place == directory or place.startswith(f"{directory}/")
