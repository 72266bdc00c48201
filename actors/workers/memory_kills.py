"""Whether a worker's process ended because the kernel killed it for its session's memory.

Where limits are enforced by control groups nobody of ours sees it happen: the group counts it.
"""

import signal

from actors.decisions.limits import killed_text
from actors.messages.terminals import TerminalEnded
from actors.surroundings import Surroundings
from storage.records.event import LimitPassed

KILLED_STATUS = 128 + signal.SIGKILL
"""So a shell ends whose command was killed."""


class MemoryKills:
    """Of one incarnation of the worker with this key, `<session id>/<worker id>`."""

    def __init__(self, around: Surroundings, key: str) -> None:
        self._around = around
        self._key = key
        self._before = 0

    def begin(self) -> None:
        """Its process is about to start, or is found running."""
        self._before = self._around.groups.memory_kills(self._key)

    def passed(self, ended: TerminalEnded) -> LimitPassed | None:
        """What is to be told of it; None if it ended otherwise."""
        session_id, _, worker_id = self._key.partition("/")
        most = self._around.limits_of(session_id).get("memory_bytes")
        is_killed = ended.signal == signal.SIGKILL or ended.code == KILLED_STATUS
        if most is None or not is_killed or ended.ended_by_us:
            return None
        if self._around.groups.memory_kills(self._key) <= self._before:
            return None
        return LimitPassed(worker_id, "memory_bytes", most, most, killed_text(most))
