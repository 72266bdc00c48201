"""The keeper: a small process that brings a daemon back when it crashes.

It waits, it does not poll. A daemon that lost its keeper starts another (`own_keeper`), which is
told of its end through a pipe. An ordered stop, a refusal to start and a second daemon end it with
the daemon's own status; SIGTERM ends it and leaves the daemon alone, and so does its death. It
writes `run/keeper.pid`, locked for as long as it lives, and a line into `run/daemon.log` at each
restart; a disk that is full or fails keeps it from neither. Standard library only.
"""

import argparse
import fcntl
import os
import signal
import stat
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NoReturn

from actors.entry import entry_command
from actors.log_bound import keep_bounded

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
HEALTHY_SECONDS = 60.0
"""A daemon that lived this long has been well: its end counts as a first one."""
FINAL_STATUSES = frozenset({0, 1, 3})
"""Stopped as ordered, refused to start, already running: starting it again would change nothing."""
FINAL_ERRORS = (PermissionError, NotADirectoryError, FileNotFoundError)
"""What a person has to put right. Anything else may pass by itself, as a full disk does."""
ALREADY_RUNNING_STATUS = 3
REFUSED_STATUS = 1
FAILED_STATUS = 70


class KeeperStopped(BaseException):
    """SIGTERM came."""


def next_delay_seconds(deaths_in_a_row: int) -> float:
    """How long to wait after the last of so many deaths, none of them after 60 s of life. PURE."""
    if deaths_in_a_row <= 1:
        return 0.0
    doublings = min(deaths_in_a_row - 2, 16)
    return float(min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2**doublings))


def deaths_in_a_row(before: int, lived_seconds: float) -> int:
    """The count after one more death. PURE."""
    return 1 if lived_seconds >= HEALTHY_SECONDS else before + 1


def own_run_directory(data: str) -> str:
    """`run/` of the data directory, made if need be. OSError when one is not our directory."""
    for path in (data, f"{data}/run"):
        if not os.path.lexists(path):
            _make_directory(path)
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode):
            what = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "not a directory"
            raise NotADirectoryError(f"{path} is {what}: name a directory with --data")
        if status.st_uid != os.geteuid():
            raise PermissionError(f"{path} belongs to another user: name a directory of your own")
    return f"{data}/run"


def main(argv: Sequence[str]) -> int:
    """`--data DIR`: keep its daemon. The status of the daemon's last end, 0 after SIGTERM.

    `--watch PID`: it runs already, and holds the other end of our standard input.
    """
    parser = argparse.ArgumentParser(prog="keeper")
    parser.add_argument("--data", required=True)
    parser.add_argument("--watch", type=int, metavar="PID")
    options = parser.parse_args(argv)
    words = ("--data", options.data, "--keeper-pid", str(os.getpid()))
    return keep(options.data, entry_command("daemon", *words), options.watch)


def keep(data: str, command: list[str], watched: int | None = None) -> int:
    """Run `command` as the daemon of `data` until it ends for good, or SIGTERM comes.

    `watched`: the pid of one that runs already, the first to be kept.
    """
    try:
        signal.signal(signal.SIGTERM, _leave)
        return _keep_alone(data, command, watched)
    except KeeperStopped:
        return 0


def _keep_alone(data: str, command: list[str], watched: int | None) -> int:
    try:
        lock = _claim(f"{own_run_directory(data)}/keeper.pid")
    except FINAL_ERRORS as error:
        with suppress(OSError):
            sys.stderr.write(f"{error}\n")
        return REFUSED_STATUS
    except BlockingIOError:
        return ALREADY_RUNNING_STATUS
    except OSError as error:
        # Alone or not, the daemon's own lock lets only one be.
        _write(f"{data}/run/daemon.log", f"it goes on without its process file: {error}")
        return _keep(data, command, watched)
    try:
        return _keep(data, command, watched)
    finally:
        with suppress(OSError):
            os.ftruncate(lock, 0)
        os.close(lock)


def _keep(data: str, command: list[str], watched: int | None) -> int:
    deaths = 0
    while True:
        started = time.monotonic()
        status, what = _live(command) if watched is None else _watch(watched)
        watched = None  # the next ones are children of ours
        if status in FINAL_STATUSES:
            return status
        deaths = deaths_in_a_row(deaths, time.monotonic() - started)
        delay = next_delay_seconds(deaths)
        when = f"in {delay:g} s" if delay else "at once"
        _write(f"{data}/run/daemon.log", f"the daemon {what}; it is started again {when}")
        time.sleep(delay)


def _live(command: list[str]) -> tuple[int, str]:
    """One life of the daemon: its status, and how it ended."""
    try:
        pid = os.posix_spawn(command[0], command, os.environ)
    except OSError as error:
        return FAILED_STATUS, f"could not be started: {error}"
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status, f"(pid {pid}) {_how(status)}"


def _watch(pid: int) -> tuple[int, str]:
    """The same of a daemon that is not our child: it says its status, or ends without a word."""
    said = b""
    while piece := os.read(0, 64):
        said += piece
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    status = int(said) if said.strip().isdigit() else None
    if status is None:
        return FAILED_STATUS, f"(pid {pid}) ended without a word"
    return status, f"(pid {pid}) {_how(status)}"


def _leave(*_: object) -> NoReturn:
    raise KeeperStopped


def _claim(path: str) -> int:
    """The locked file, with our pid in it if there is room. BlockingIOError, OSError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d\n" % os.getpid())
    return descriptor


def _how(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"was killed by {name}"


def _write(log: str, text: str) -> None:
    """A line in the log; a disk that is full keeps nobody from being brought back."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return
    with suppress(OSError):
        os.write(descriptor, f"{now} keeper: {text}\n".encode())
    os.close(descriptor)
    keep_bounded(log)


def _make_directory(path: str) -> None:
    """Made for good: its parent is synced, or a power cut could take the name away."""
    parent = os.path.dirname(path)  # noqa: PTH120 - pathlib would double what the keeper holds
    os.makedirs(parent, exist_ok=True)  # noqa: PTH103 - as above
    os.mkdir(path, 0o700)  # noqa: PTH102 - as above
    descriptor = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
