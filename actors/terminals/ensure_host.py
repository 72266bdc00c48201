"""Reach the terminal host of a data directory, and start one if there is none.

Never a second one: the lock decides. While it is held by a host that does not answer, that host
is asked to bind its socket again (SIGUSR1 after 2 s), and nothing is started in its place.
"""

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

from actors.entry import clean_environment, entry_command, without_keys
from actors.inherited import UMASK, lower_again
from actors.process_table import send_signal
from actors.systemd import outliving_commands
from actors.terminals import host_files
from actors.terminals.connection import HostConnection
from actors.terminals.greeting import HostUnreachableError

ALREADY_RUNNING_STATUS = 3
BIND_AGAIN_AFTER_SECONDS = 2.0
_LOOK_AGAIN_SECONDS = 0.01
_START_AGAIN_SECONDS = 0.5


def ensure_host(
    data_directory: Path, timeout_seconds: float, *, client: str = "daemon"
) -> HostConnection:
    """A greeted connection; call `start` on it. Raises HostUnreachableError after the timeout."""
    attempt = _Attempt(data_directory.resolve(), client, time.monotonic() + timeout_seconds)
    while True:
        connection = attempt.connect()
        if connection is not None:
            return connection
        if time.monotonic() >= attempt.deadline:
            raise HostUnreachableError(attempt.problem)
        attempt.look_after_start()
        time.sleep(_LOOK_AGAIN_SECONDS)


class _Attempt:
    def __init__(self, data_directory: Path, client: str, deadline: float) -> None:
        self.deadline = deadline
        self._no_answer = "no socket"
        self._no_start = ""
        self._data_directory = data_directory
        self._client = client
        self._started: subprocess.Popen[bytes] | None = None
        self._ways = outliving_commands(
            entry_command("terminal-host", "--data", str(data_directory)),
            f"Terminals of {data_directory}",
        )
        self._start_at = time.monotonic()
        self._held_since: float | None = None
        self._asked_to_bind = False

    @property
    def problem(self) -> str:
        """Why there is no connection yet."""
        return self._no_start or self._no_answer

    def connect(self) -> HostConnection | None:
        left = max(self.deadline - time.monotonic(), 0.1)
        try:
            return HostConnection.connect(
                self._data_directory, client=self._client, timeout_seconds=left
            )
        except FileNotFoundError:
            self._no_answer = "no socket"
        except (OSError, HostUnreachableError) as error:
            self._no_answer = str(error)
        return None

    def look_after_start(self) -> None:
        """Start the host if that is not under way; see what became of it if it is."""
        if self._started is None:
            if time.monotonic() >= self._start_at:
                self._started = _start_detached(self._data_directory, self._ways[0])
            return
        status = self._started.poll()
        if status is None:
            return
        self._started = None
        self._start_at = time.monotonic() + _START_AGAIN_SECONDS
        if status == ALREADY_RUNNING_STATUS:
            self._on_lock_held()
        elif len(self._ways) > 1:
            self._ways.pop(0)
            self._start_at = time.monotonic()
        else:
            self._no_start = f"the host exited with status {status}, see terminal-host.log"

    def _on_lock_held(self) -> None:
        now = time.monotonic()
        self._no_start = f"a host holds the lock and does not answer: {self._no_answer}"
        self._held_since = self._held_since or now
        if now - self._held_since >= BIND_AGAIN_AFTER_SECONDS and not self._asked_to_bind:
            self._asked_to_bind = ask_to_bind(self._data_directory)


def ask_to_bind(data_directory: Path) -> bool:
    """Ask the recorded host to make its socket anew; False if there is no such process."""
    host = host_files.recorded_host(data_directory)
    if host is not None:
        with suppress(PermissionError):
            send_signal(host.pid, host.start_ticks, signal.SIGUSR1)
    return host is not None


def _start_detached(data_directory: Path, command: list[str]) -> subprocess.Popen[bytes]:
    """A host in its own session, which outlives us. Raises HostUnreachableError."""
    try:
        host_files.make_directories(data_directory)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        log_fd = os.open(host_files.log_path(data_directory), flags, 0o600)
        try:
            process = subprocess.Popen(
                command,
                cwd="/",
                env=without_keys(clean_environment(os.environ)),
                stdin=subprocess.DEVNULL,
                stdout=log_fd,
                stderr=log_fd,
                start_new_session=True,
                umask=UMASK,
            )
        finally:
            os.close(log_fd)
    except OSError as error:
        raise HostUnreachableError(f"cannot start the host: {error}") from error
    lower_again(process.pid)  # before it has looked: its terminals get the user's own limit
    # Its end is waited for, so that no zombie of it stays with us.
    threading.Thread(target=process.wait, name="terminal-host-end", daemon=True).start()
    return process
