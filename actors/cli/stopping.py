"""Ends all of a greenroom from outside: keeper, daemon, terminal host, in this order.

The keeper first, or it would bring the daemon back. A daemon is asked, then sent SIGTERM, then
killed; each step is said. It is over when no such process is left and nobody holds the data
directory, whatever became of the files in `run/`; otherwise it ends in an error.
"""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from actors.cli.command import accepted
from actors.cli.connection import Connection
from actors.cli.directory_lock import is_held
from actors.cli.failures import CommandError, NoDaemonError
from actors.cli.processes import Process, find, pids_of
from actors.cli.terminal_host import ROLE as HOST
from actors.cli.terminal_host import end_hosts, wake_hosts

if TYPE_CHECKING:
    from typing import Any

    from actors.cli.command import Call

ANSWER_SECONDS = 10.0
SOCKET_SECONDS = 10.0
"""One that boots has its socket by then, and so has one whose socket was removed."""
END_SECONDS = 30.0
"""After it said yes: its workers are asked, waited for and killed one after another."""
TERM_SECONDS = 10.0
KEEPER_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 0.05
UNSEEN = "who holds the data directory is not to be seen from here; look with: fuser"
ROUNDS = 4
"""A start that runs at the same time may bring another daemon; after so many, that one wins."""


@dataclass
class Ended:
    """The process ids of what this command ended."""

    keepers: list[int] = field(default_factory=list)
    daemons: list[int] = field(default_factory=list)
    hosts: list[int] = field(default_factory=list)


def stop_daemon(call: Call, *, keep_terminals: bool) -> Ended:
    """End it and wait until nothing is left, of the host too unless `keep_terminals`.

    NoDaemonError when there was nothing to end, CommandError naming what could not be ended.
    """
    ended = Ended()
    left: list[str] = []
    for _ in range(ROUNDS):
        ended.keepers += _end_keepers(call)
        stop = _Stop(call, keep_terminals=keep_terminals)
        ended.daemons += stop.run()
        if not keep_terminals:
            ended.hosts += end_hosts(call, goes_by_itself=stop.is_ordered)
            ended.hosts += sorted(
                set(stop.woken) - set(ended.hosts) - set(pids_of(HOST, call.data))
            )
        left = _left(call.data, keep_terminals=keep_terminals)
        if not left:
            break
    else:
        raise CommandError(
            f"still there: {', '.join(left)}; is it being started at the same time?"
            " See: greenroom status",
            code="still-running",
        )
    if ended == Ended():
        raise NoDaemonError(call.data)
    return ended


class _Stop:
    """One attempt at whatever daemon there is. `is_ordered`: it ended as it was asked to.

    `woken`: the process ids of hosts that a signal had stopped.
    """

    def __init__(self, call: Call, *, keep_terminals: bool) -> None:
        self.is_ordered = False
        self.woken: list[int] = []
        self._call = call
        self._keep_terminals = keep_terminals
        self._why = "the daemon does not answer at its socket"

    def run(self) -> list[int]:
        """The process ids of those that ended."""
        self._wake()
        answered = self._ask()
        if answered:
            with answered as process:
                self.is_ordered = process.wait(END_SECONDS)
                if not self.is_ordered:
                    _insist(self._call, process)
            return [process.pid]
        if not _is_there(self._call.data):
            return []
        return self._end_by_signal()

    def _wake(self) -> None:
        """Continue what a signal has stopped, so that it can end in order."""
        for process in find("daemon", self._call.data):
            with process:
                if process.is_suspended:
                    self._note(f"the daemon (pid {process.pid}) was suspended; it is sent SIGCONT")
                    process.send(signal.SIGCONT)
        if not self._keep_terminals:
            self.woken = wake_hosts(self._call)

    def _ask(self) -> Process | None:
        """The process that said yes; None when none is left, or none does in time."""
        deadline = time.monotonic() + SOCKET_SECONDS
        while True:
            try:
                return self._ask_once()
            except (NoDaemonError, ProcessLookupError):
                pass
            except CommandError as error:
                self._why = str(error)
                if error.code == "timeout":
                    return None
            if not _is_there(self._call.data) or time.monotonic() >= deadline:
                return None
            time.sleep(LOOK_AGAIN_SECONDS)

    def _ask_once(self) -> Process:
        request: dict[str, Any] = {"type": "stop-daemon", "keep_terminals": self._keep_terminals}
        with Connection(self._call.data) as connection:
            pid = connection.peer_pid
            process = Process(pid) if pid else None
            try:
                answer = accepted(connection.ask(request, timeout_seconds=ANSWER_SECONDS))
            except CommandError as error:
                if process and error.code == "connection-lost":
                    return process  # on its way already
                if process:
                    process.close()
                raise
        return process or Process(int(answer["data"]["pid"]))

    def _end_by_signal(self) -> list[int]:
        daemons = find("daemon", self._call.data)
        if not daemons and is_held(self._call.data):
            raise CommandError(f"{self._why}, and {UNSEEN}", code="still-running")
        if not daemons:
            return []
        self._note(self._why)
        with ExitStack() as held:
            for process in daemons:
                held.enter_context(process)
            for process in daemons:
                _insist(self._call, process)
        return [process.pid for process in daemons]

    def _note(self, text: str) -> None:
        self._call.console.note(text, "warn")


def _end_keepers(call: Call) -> list[int]:
    ended = []
    for keeper in find("keeper", call.data):
        with keeper:
            keeper.send(signal.SIGTERM)
            keeper.send(signal.SIGCONT)
            if not keeper.wait(KEEPER_SECONDS):
                call.console.note(f"the keeper (pid {keeper.pid}) does not end; killing it", "warn")
                keeper.send(signal.SIGKILL)
                keeper.wait(KEEPER_SECONDS)
            ended.append(keeper.pid)
    return ended


def _insist(call: Call, process: Process) -> None:
    if process.wait(0):
        return
    call.console.note(f"the daemon (pid {process.pid}) is sent SIGTERM", "warn")
    process.send(signal.SIGTERM)
    process.send(signal.SIGCONT)
    if process.wait(TERM_SECONDS):
        return
    call.console.note(f"the daemon (pid {process.pid}) is killed", "warn")
    process.send(signal.SIGKILL)
    if not process.wait(TERM_SECONDS):
        raise CommandError(f"the daemon (pid {process.pid}) cannot be killed; look with: ps")


def _is_there(data: str) -> bool:
    """A daemon that has only just been started may not hold its directory yet."""
    return is_held(data) or bool(pids_of("daemon", data))


def _left(data: str, *, keep_terminals: bool) -> list[str]:
    roles = {"keeper": "keeper", "daemon": "daemon"}
    if not keep_terminals:
        roles[HOST] = "terminal host"
    left = [f"a {what} (pid {pid})" for role, what in roles.items() for pid in pids_of(role, data)]
    if not left and is_held(data):
        left.append(UNSEEN)
    return left
