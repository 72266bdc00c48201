"""Other processes: held so that a number taken again is never signalled, and known as ours."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

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


def find_keeper(data: str) -> Process | None:
    """The keeper of `data`, by `run/keeper.pid` and by what that process really is.

    None too where there is no /proc: an ordered stop of the daemon ends its keeper anyway.
    """
    try:
        process = Process(int(Path(data, "run", "keeper.pid").read_text("ascii")))
    except (OSError, ValueError):
        return None
    if _keeps(process.pid, data):
        return process
    process.close()
    return None


def _keeps(pid: int, data: str) -> bool:
    words = _command_line(pid)
    if words[-3:-1] != ["keeper", "--data"]:
        return False
    return Path(words[-1]).resolve() == Path(data).resolve()


def _command_line(pid: int) -> list[str]:
    """The words by which a process of ours was started; none when it is another user's."""
    try:
        place = Path(f"/proc/{pid}")
        if place.stat().st_uid != os.geteuid():
            return []
        raw = place.joinpath("cmdline").read_bytes()
    except OSError:
        return []
    return [os.fsdecode(word) for word in raw.split(b"\0")[:-1]]
