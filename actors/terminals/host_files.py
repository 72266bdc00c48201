"""The files by which a terminal host is found: its socket, its lock and its identity.

The lock is `flock` on `workspaces/` itself and lasts as long as the host lives; the identity
stands beside it and not in `run/`, which people delete.
"""

import fcntl
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from actors.process_table import boot_id, look_up
from storage import typed
from storage.records.process import ProcessIdentity


class HostRecord(Struct, frozen=True, kw_only=True):
    """The content of `workspaces/.terminal-host.json`."""

    version: int = 1
    host: ProcessIdentity


def socket_path(data_directory: Path) -> Path:
    return data_directory / "run" / "terminals.sock"


def log_path(data_directory: Path) -> Path:
    return data_directory / "run" / "terminal-host.log"


def make_directories(data_directory: Path) -> None:
    """`run/` and `workspaces/`, 0700, where they are missing. Raises OSError."""
    for directory in (data_directory, data_directory / "run", data_directory / "workspaces"):
        directory.mkdir(mode=0o700, exist_ok=True)


def lock(data_directory: Path) -> int | None:
    """A descriptor to keep open for life, or None when another host holds the lock."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    lock_fd = os.open(data_directory / "workspaces", flags)
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock_fd)
        return None
    return lock_fd


def is_locked(data_directory: Path) -> bool:
    """Whether a host has it; one that starts in this very moment may have to start again."""
    try:
        lock_fd = lock(data_directory)
    except OSError:
        return False  # no directory, no host
    if lock_fd is not None:
        os.close(lock_fd)
    return lock_fd is None


def write_identity(data_directory: Path, host: ProcessIdentity) -> None:
    """Raises OSError."""
    path = _identity_path(data_directory)
    made = path.with_name(f"{path.name}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(made, flags, 0o600)
    with open(fd, "wb") as file:  # noqa: PTH123 - a descriptor has no Path
        file.write(msgspec.json.encode(HostRecord(host=host)) + b"\n")
    made.replace(path)


def recorded_host(data_directory: Path) -> ProcessIdentity | None:
    """The host on record if that very process lives; None also when the record is unreadable."""
    try:
        text = _identity_path(data_directory).read_bytes()
        host: ProcessIdentity = typed.json_decoder(HostRecord).decode(text).host
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return None
    entry = look_up(host.pid)
    if entry is None or entry.is_dead or host.boot_id != boot_id():
        return None
    return host if entry.start_ticks == host.start_ticks else None


def _identity_path(data_directory: Path) -> Path:
    return data_directory / "workspaces" / ".terminal-host.json"
