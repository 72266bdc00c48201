"""Starts and stops the daemon from outside: its keeper, its socket, its process."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from actors.cli.command import accepted
from actors.cli.commands.logs import last_lines
from actors.cli.connection import Connection
from actors.cli.failures import CommandError, NoDaemonError
from actors.cli.processes import Process, find_keeper
from actors.entry import clean_environment, entry_command
from actors.keeper import ALREADY_RUNNING_STATUS, own_run_directory

if TYPE_CHECKING:
    from typing import Any

    from actors.cli.command import Call

START_SECONDS = 20.0
SAY_SO_AFTER_SECONDS = 1.0
ANSWER_SECONDS = 10.0
END_SECONDS = 30.0
"""After it said yes: its workers are asked, waited for and killed one after another."""
TERM_SECONDS = 10.0
KEEPER_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 0.02
LOG_LINES = 15


def daemon_status(data: str) -> dict[str, Any] | None:
    """What the daemon of `data` says of itself; None when there is none."""
    try:
        with Connection(data) as connection:
            answer = connection.ask({"type": "get-status"}, timeout_seconds=ANSWER_SECONDS)
    except NoDaemonError:
        return None
    status: dict[str, Any] = accepted(answer)["data"]
    return status


def start_daemon(call: Call) -> dict[str, Any]:
    """Start it under a keeper and wait until it answers: its status. CommandError if it ends."""
    log = _Log(call)
    began = time.monotonic()
    keeper = _start_keeper(call, log)
    noted = False
    while (waited := time.monotonic() - began) < START_SECONDS:
        status = _answering(call.data)
        if status is not None:
            return status
        ended = keeper.poll()
        if ended == ALREADY_RUNNING_STATUS:
            # Another one is being started or is just ending: look again, then try again.
            time.sleep(LOOK_AGAIN_SECONDS * 5)
            keeper = _start_keeper(call, log)
        elif ended is not None:
            log.show()
            raise CommandError(f"the daemon did not start; its log: {log.path}")
        if waited > SAY_SO_AFTER_SECONDS and not noted:
            call.console.note("starting…", "dim")
            noted = True
        time.sleep(LOOK_AGAIN_SECONDS)
    log.show()
    raise CommandError(
        f"no answer from the daemon within {START_SECONDS:g} s; it is still tried: see "
        "greenroom logs -f, or give up with: greenroom stop"
    )


def stop_daemon(call: Call, *, keep_terminals: bool) -> int | None:
    """End the keeper, then the daemon, and wait until it is gone: its process id.

    None when only a keeper was there. NoDaemonError when nothing was.
    """
    kept = _end_keeper(call)
    try:
        connection = Connection(call.data)
    except NoDaemonError:
        if kept:
            return None
        raise
    with connection:
        pid = connection.peer_pid
        try:
            process = Process(pid) if pid else None
        except ProcessLookupError:
            return pid
        request = {"type": "stop-daemon", "keep_terminals": keep_terminals}
        answered = _ask_to_stop(call, connection, request)
    if process is None:
        _wait_for_silence(call.data)
        return pid
    with process:
        _await_end(call, process, END_SECONDS if answered else 0.0)
    return process.pid


class _Log:
    """The daemon's log from here on."""

    def __init__(self, call: Call) -> None:
        self._call = call
        try:
            self.path = Path(own_run_directory(call.data), "daemon.log")
        except OSError as error:
            raise CommandError(str(error), code="data-directory-refused") from None
        self._before = self.path.stat().st_size if self.path.exists() else 0

    def open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(self.path, flags, 0o600)

    def show(self) -> None:
        """Its last lines to standard error, those of earlier runs left out."""
        if self.path.stat().st_size <= self._before:
            return
        with self.path.open("rb") as file:
            file.seek(self._before)
            new = len(file.read().splitlines())
        for line in last_lines(self.path, min(new, LOG_LINES)):
            self._call.console.note(f"  {line}", "dim")


def keeper_command(data: str) -> list[str]:
    return entry_command("keeper", "--data", data)


def _start_keeper(call: Call, log: _Log) -> subprocess.Popen[bytes]:
    output = log.open()
    try:
        return subprocess.Popen(
            keeper_command(call.data),
            cwd="/",
            env=clean_environment(call.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    finally:
        os.close(output)


def _answering(data: str) -> dict[str, Any] | None:
    # One that comes up may still drop us; one that refuses to answer is there all the same.
    with suppress(CommandError):
        return daemon_status(data)
    return None


def _end_keeper(call: Call) -> bool:
    keeper = find_keeper(call.data)
    if keeper is None:
        return False
    with keeper:
        keeper.send(signal.SIGTERM)
        if not keeper.wait(KEEPER_SECONDS):
            call.console.note(f"the keeper (pid {keeper.pid}) does not end; killing it", "warn")
            keeper.send(signal.SIGKILL)
            keeper.wait(KEEPER_SECONDS)
    return True


def _ask_to_stop(call: Call, connection: Connection, request: dict[str, Any]) -> bool:
    """True when it said yes or is already on its way, False when it does not answer."""
    try:
        accepted(connection.ask(request, timeout_seconds=ANSWER_SECONDS))
    except CommandError as error:
        if error.code == "timeout":
            call.console.note(f"the daemon did not answer within {ANSWER_SECONDS:g} s", "warn")
            return False
        if error.code != "connection-lost":
            raise
    return True


def _await_end(call: Call, process: Process, seconds: float) -> None:
    if process.wait(seconds):
        return
    call.console.note(f"the daemon (pid {process.pid}) is sent SIGTERM", "warn")
    process.send(signal.SIGTERM)
    if process.wait(TERM_SECONDS):
        return
    call.console.note(f"the daemon (pid {process.pid}) is killed", "warn")
    process.send(signal.SIGKILL)
    if not process.wait(TERM_SECONDS):
        raise CommandError(f"the daemon (pid {process.pid}) cannot be killed; look with: ps")


def _wait_for_silence(data: str) -> None:
    """Where its process is not to be seen: until nobody listens any more."""
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        try:
            Connection(data).close()
        except NoDaemonError:
            return
        time.sleep(LOOK_AGAIN_SECONDS)
    raise CommandError(f"the daemon of {data} still listens; see: greenroom status")
