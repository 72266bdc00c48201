"""The end of processes that may not be asked, because they would grow while they are: a fork bomb.

All are stopped, again and again until no new one is seen, and then killed. A process that left
every trace behind between two looks is not found this way; a control group finds it.
"""

import signal
from collections.abc import Callable, Iterable
from contextlib import suppress

from actors.decisions.left_over import Identity, identity
from actors.messages.orphans import Process
from actors.process_table import send_signal

MOST_LOOKS = 50
"""Each takes some milliseconds; whatever still escapes then, the next look finds."""


def end_at_once(find: Callable[[], list[Process]]) -> set[Identity]:
    """Kill whom `find` finds, and whoever comes to them meanwhile; who that was."""
    ended: set[Identity] = set()
    for _ in range(MOST_LOOKS):
        new = [process for process in find() if identity(process) not in ended]
        if not new:
            break
        _signal(map(identity, new), signal.SIGSTOP)
        ended.update(map(identity, new))
    _signal(ended, signal.SIGKILL)
    return ended


def _signal(whom: Iterable[Identity], number: signal.Signals) -> None:
    for pid, start_ticks in whom:
        with suppress(PermissionError):
            send_signal(pid, start_ticks, number)
