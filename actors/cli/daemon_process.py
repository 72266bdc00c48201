"""Starts the daemon from outside, under a keeper, and asks it how it is.

A start is over when the daemon answers; how it is ended is in `stopping`.
"""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from actors.cli.command import accepted
from actors.cli.commands.logs import last_lines
from actors.cli.connection import Connection
from actors.cli.directory_lock import is_held
from actors.cli.failures import CommandError, NoDaemonError
from actors.cli.processes import pids_of
from actors.entry import clean_environment, entry_command
from actors.keeper import ALREADY_RUNNING_STATUS, REFUSED_STATUS, own_run_directory

if TYPE_CHECKING:
    from typing import Any

    from actors.cli.command import Call

START_SECONDS = 20.0
SAY_SO_AFTER_SECONDS = 1.0
ANSWER_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 0.02
TRY_AGAIN_SECONDS = 0.08
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
    keeper: subprocess.Popen[bytes] | None = None
    noted = False
    while (waited := time.monotonic() - began) < START_SECONDS:
        status = _answering(call.data)
        if status is not None:
            return status
        ended = keeper.poll() if keeper else ALREADY_RUNNING_STATUS
        if ended == ALREADY_RUNNING_STATUS:
            # Another one is being started or is just ending: while it holds on, it is waited for.
            if not is_held(call.data):
                keeper = _start_keeper(call, log)
            time.sleep(TRY_AGAIN_SECONDS)
        elif ended is not None:
            raise _not_started(ended, log)
        if waited > SAY_SO_AFTER_SECONDS and not noted:
            call.console.note("starting…", "dim")
            noted = True
        time.sleep(LOOK_AGAIN_SECONDS)
    log.show()
    holders = pids_of("daemon", call.data)
    if holders and (keeper is None or keeper.poll() is not None):
        raise CommandError(
            f"a daemon (pid {holders[0]}) runs but does not answer; end it with: greenroom stop",
            code="no-answer",
        )
    raise CommandError(
        f"no answer from the daemon within {START_SECONDS:g} s; it is still tried: see "
        "greenroom logs -f, or give up with: greenroom stop"
    )


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
        """A descriptor to append to. CommandError when there can be none."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            descriptor = os.open(self.path, flags, 0o600)
            os.fchmod(descriptor, 0o600)  # whatever the umask
        except OSError as error:
            raise CommandError(f"no log at {self.path}: {error.strerror}") from None
        return descriptor

    def show(self) -> None:
        """Its last lines to standard error, those of earlier runs left out."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._before)
                new = len(file.read().splitlines())
        except FileNotFoundError:
            return
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


def _not_started(ended: int, log: _Log) -> CommandError:
    log.show()
    if ended == REFUSED_STATUS:
        return CommandError(f"the daemon did not start; its log: {log.path}")
    return CommandError(
        "its keeper was ended while the daemon was starting, as greenroom stop does;"
        " what there is now: greenroom status"
    )


def _answering(data: str) -> dict[str, Any] | None:
    # One that comes up may still drop us; one that refuses to answer is there all the same.
    with suppress(CommandError):
        return daemon_status(data)
    return None
