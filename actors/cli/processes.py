"""Other processes: held so that a number taken again is never signalled, and known as ours.

Ours is one that was started by our entry script, in the role asked for, on the data directory
asked for, by the same user. Where there is no /proc none is found.
"""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from actors.entry import role_and_directory

if TYPE_CHECKING:
    from typing import Self

LOOK_AGAIN_SECONDS = 0.02


class Process:
    """A process that is not our child. ProcessLookupError when there is none of that number."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
        if self._descriptor is None:
            os.kill(pid, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def send(self, number: signal.Signals) -> None:
        """Signal it, unless it is gone."""
        with suppress(ProcessLookupError):
            if self._descriptor is None:
                os.kill(self.pid, number)
            else:
                signal.pidfd_send_signal(self._descriptor, number)

    def wait(self, seconds: float) -> bool:
        """True once it is gone, False if it still lives after `seconds`."""
        if self._descriptor is not None:
            poll = select.poll()
            poll.register(self._descriptor, select.POLLIN)
            return bool(poll.poll(seconds * 1000))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                os.kill(self.pid, 0)
            except ProcessLookupError:
                return True
            time.sleep(LOOK_AGAIN_SECONDS)
        return False

    @property
    def is_suspended(self) -> bool:
        """Stopped by a signal: it does nothing until it is sent SIGCONT."""
        try:
            text = Path(f"/proc/{self.pid}/stat").read_text("utf-8", "replace")
        except OSError:
            return False
        return text.rpartition(")")[2].split()[:1] == ["T"]


def find(role: str, data: str) -> list[Process]:
    """Our processes in `role` (as in `actors.entry.ROLES`) on `data`; close them."""
    return [process for pid in _pids() if (process := _ours(pid, role, data))]


def pids_of(role: str, data: str) -> list[int]:
    """Their numbers alone."""
    return [pid for pid in _pids() if _is_ours(pid, role, data)]


def _pids() -> list[int]:
    try:
        return [int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit()]
    except OSError:
        return []


def _ours(pid: int, role: str, data: str) -> Process | None:
    if not _is_ours(pid, role, data):
        return None
    try:
        process = Process(pid)
    except ProcessLookupError:
        return None
    # Looked at again now that it is held: before, the number may have changed hands.
    if _is_ours(pid, role, data):
        return process
    process.close()
    return None


def _is_ours(pid: int, role: str, data: str) -> bool:
    found = role_and_directory(_command_line(pid))
    if found is None or found[0] != role:
        return False
    return os.path.realpath(found[1]) == os.path.realpath(data)


def _command_line(pid: int) -> bytes:
    """Empty when it is gone, or another user's."""
    try:
        place = Path(f"/proc/{pid}")
        if place.stat().st_uid != os.geteuid():
            return b""
        return place.joinpath("cmdline").read_bytes()
    except OSError:
        return b""
