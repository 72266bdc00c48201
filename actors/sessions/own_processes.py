"""Ends the processes of a session that outlived its workers, before its worktree goes.

A shell may leave behind whatever it likes, a tmux server or a build, as long as its directory
stands; what that writes into one that is removed would be lost. Waits: for the pool.
"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from actors.decisions import left_over
from actors.decisions.left_over import Identity, Known, identity
from actors.messages.orphans import Process, clean_up_key, owner_of
from actors.orphans import seen
from actors.orphans.snapshot import all_marked, name_of
from actors.process_table import send_signal
from actors.surroundings import Surroundings
from actors.terminals.host_files import recorded_host

TERM_SECONDS = 2.0
GIVE_UP_SECONDS = 4.0
"""What KILL has not ended by then hangs in the kernel, or is another user's."""
_LOOK_SECONDS = 0.05


def own_processes(around: Surroundings, session_id: str) -> list[Process]:
    """Those of its workers that live, by all that the account of processes goes by, and what an
    earlier clean-up left.
    """
    data = around.data
    processes, groups = all_marked(str(data.root)), around.groups.members()
    host = recorded_host(data.root)
    grouped = {identity(each): owner_of(key) for each in processes if (key := groups.get(each.pid))}
    known = Known(
        instance=data.instance,
        me=os.getpid(),
        host=host.pid if host else None,
        seen={**grouped, **seen.read(data.workspaces)},
    )
    whose = left_over.owners(processes, known)
    prefix, cleaning = f"{session_id}/", clean_up_key(session_id)
    return [
        each
        for each in processes
        if (owner := whose.get(identity(each)))
        and (owner.worker.startswith(prefix) or owner.server == cleaning)
    ]


def end_own(look: Callable[[], list[Process]]) -> tuple[str, ...]:
    """Ends whom `look` finds, and whoever comes to them meanwhile: TERM, two seconds, KILL.

    Who had to be ended, a phrase each.
    """
    asked: dict[Identity, str] = {}
    began = time.monotonic()
    while (found := look()) and time.monotonic() - began < GIVE_UP_SECONDS:
        is_forced = time.monotonic() - began >= TERM_SECONDS
        for process in found:
            who = identity(process)
            if is_forced or who not in asked:
                asked.setdefault(who, f"{name_of(process.pid) or 'a process'} (pid {process.pid})")
                _signal(who, is_forced=is_forced)
        time.sleep(_LOOK_SECONDS)
    return tuple(asked.values())


def _signal(who: Identity, *, is_forced: bool) -> None:
    with suppress(PermissionError):
        if is_forced:
            send_signal(*who, signal.SIGKILL)
        else:
            send_signal(*who, signal.SIGTERM)
            send_signal(*who, signal.SIGCONT)  # one that is stopped heeds it only when it goes on
