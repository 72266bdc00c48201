"""Ends the terminal host, and with it every terminal, when no daemon is left to do it.

It is asked over its own socket; one that does not answer there is asked by SIGTERM, which means
the same to it. What outlives that is named.
"""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from actors.cli.failures import CommandError
from actors.cli.phrases import plural
from actors.cli.processes import Process, find

if TYPE_CHECKING:
    from actors.cli.command import Call
    from actors.terminals.protocol import TerminalState

ROLE = "terminal-host"
GOES_BY_ITSELF_SECONDS = 3.0
"""After an ordered stop it is on its way already."""
ANSWER_SECONDS = 3.0
END_SECONDS = 15.0
"""What ignores HUP and TERM is killed after 2.5 s; a busy machine gets longer."""


def wake_hosts(call: Call) -> list[int]:
    """Continue one that a signal has stopped: the daemon would wait for it in vain.

    Their process ids: one that was told to end before ends at once.
    """
    woken = []
    for host in _hosts(call.data):
        with host:
            if host.is_suspended:
                call.console.note(
                    f"the terminal host (pid {host.pid}) was suspended; it is sent SIGCONT", "warn"
                )
                host.send(signal.SIGCONT)
                woken.append(host.pid)
    return woken


def end_hosts(call: Call, *, goes_by_itself: bool) -> list[int]:
    """End it, and wait until it is gone: the process ids of those that this command ended.

    `goes_by_itself`: it was told to already. CommandError naming what is still there.
    """
    ended = []
    for host in _hosts(call.data):
        with host:
            if goes_by_itself and host.wait(GOES_BY_ITSELF_SECONDS):
                continue
            _end(call, host)
            ended.append(host.pid)
    return ended


def _hosts(data: str) -> list[Process]:
    from actors.terminals.host_files import recorded_host

    found = find(ROLE, data)
    recorded = recorded_host(Path(data))
    if recorded and recorded.pid not in {host.pid for host in found}:
        with suppress(ProcessLookupError):
            found.append(Process(recorded.pid))
    return found


def _end(call: Call, host: Process) -> None:
    host.send(signal.SIGCONT)
    terminals = _shut_down(call.data)
    if terminals is None:
        host.send(signal.SIGTERM)
    what = plural(len(terminals), "terminal") if terminals is not None else "its terminals"
    call.console.note(f"ending the terminal host (pid {host.pid}) and {what}", "warn")
    gone = host.wait(END_SECONDS)
    left = [name for each in terminals or () for name in _survivors(each)]
    if not gone:
        left.insert(0, f"the terminal host (pid {host.pid})")
    if left:
        raise CommandError(
            f"still there after {END_SECONDS:g} s: {', '.join(left)}; look with: ps",
            code="still-running",
        )


def _shut_down(data: str) -> list[TerminalState] | None:
    """The live terminals of a host that was told to end, None when it could not be told."""
    from actors.terminals.connection import HostConnection
    from actors.terminals.greeting import HostUnreachableError
    from actors.terminals.protocol import Shutdown

    try:
        connection = HostConnection.connect(
            Path(data), client="stop", timeout_seconds=ANSWER_SECONDS
        )
    except (OSError, HostUnreachableError):
        return None
    try:
        connection.send(Shutdown())
        return [each for each in connection.welcome.terminals if each.exit is None]
    finally:
        connection.close()


def _survivors(terminal: TerminalState) -> list[str]:
    from actors.process_table import session_members

    members = session_members(terminal.identity.pid)
    return [f"process {each.pid} of terminal {terminal.key}" for each in members]
