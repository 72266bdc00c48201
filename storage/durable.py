"""Small steps with files whose effect survives a power cut, and the names of their failures.

Every new name goes through the same steps: temporary name, sync, rename, sync of the directory.
Failures come out as `StorageError`s; what they mean for a journal or a front is the caller's.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import FileRefused, StorageError, StorageFull

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
_CHUNK_BYTES = 1 << 20


@contextmanager
def named_failures(path: Path) -> Iterator[None]:
    """Turns an OSError inside into StorageFull or StorageError that names `path`."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, path) from error


def storage_error(error: OSError, path: Path) -> StorageError:
    if error.errno in FULL:
        return StorageFull(f"no space left for {path}: free some and try again")
    return StorageError(f"{path}: {error.strerror or error}")


def sync_directory(path: Path) -> None:
    """Makes names that were added to or removed from `path` durable. OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(path: Path) -> None:
    """`path` with mode 0700 whatever the umask, its name durable; nothing if it is there."""
    try:
        path.mkdir(DIRECTORY_MODE)
    except FileExistsError:
        return
    path.chmod(DIRECTORY_MODE)
    sync_directory(path.parent)


def create(path: Path | str, *, append: bool = False) -> int:
    """A descriptor to an empty file of mode 0600 at `path`, in place of what was there. OSError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(path, flags | (os.O_APPEND if append else 0), FILE_MODE)


def allocate(descriptor: int, size_bytes: int) -> None:
    """Makes the file that long with room on the disk for all of it. OSError."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size_bytes)
    else:  # macOS: what is written has its room
        write_whole(descriptor, bytes(size_bytes))


def write_whole(descriptor: int, content: bytes) -> None:
    """Writes all of `content`, in as many calls as that takes. OSError."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def copy_range(source: int, target: int, start: int, end: int | None = None) -> None:
    """Copies the bytes from `start` up to `end` (None: the end of the file). OSError."""
    while end is None or start < end:
        wanted = _CHUNK_BYTES if end is None else min(_CHUNK_BYTES, end - start)
        chunk = os.pread(source, wanted, start)
        if not chunk:
            break
        write_whole(target, chunk)
        start += len(chunk)
    if end is not None and start < end:
        raise OSError(errno.EIO, "the file is shorter than what was confirmed")


def replace_file(path: Path, content: bytes, *, synced: bool = True) -> None:
    """Puts a file with `content` at `path`, whole or not at all.

    `synced` false leaves out the syncs: still whole for every reader, but not after a power cut.
    StorageError; then `path` is as it was (or, if only the last sync failed, new but not durable).
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with named_failures(path):
        try:
            write_new(temporary, content, synced=synced)
            temporary.rename(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        if synced:
            sync_directory(path.parent)


def write_new(path: Path, content: bytes, *, synced: bool = True) -> None:
    """Writes a file of mode 0600 in place of what was there, its name not yet durable. OSError."""
    descriptor = create(path)
    try:
        write_whole(descriptor, content)
        if synced:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_line(path: Path, line: bytes, *, synced: bool = True) -> None:
    """Appends `line`, which ends in a newline, on a line of its own, also after a torn one.

    Makes the file where it is missing. StorageError; then part of the line may be there.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    with named_failures(path):
        descriptor = os.open(path, flags, FILE_MODE)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            write_whole(descriptor, b"\n" + line if torn else line)
            if synced:
                os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        if synced and size == 0:
            sync_directory(path.parent)


def read_small(
    path: Path,
    limit_bytes: int,
    *,
    follow_links: bool = True,
    fault: Callable[[os.stat_result], str | None] = lambda _: None,
) -> bytes:
    """The content of a regular file of at most `limit_bytes`, none of which is read otherwise.

    `fault` can refuse it by its status. What is added meanwhile is left out. Never waits on a pipe
    or device. FileNotFoundError, FileRefused, OSError.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow_links else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise FileRefused(_why_not_opened(error)) from error
    try:
        status = os.fstat(descriptor)
        reason = fault(status) if stat.S_ISREG(status.st_mode) else "it is not a regular file"
        if reason is not None:
            raise FileRefused(reason)
        if status.st_size > limit_bytes:
            raise FileRefused(f"it is larger than {limit_bytes} bytes")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(status.st_size)
    finally:
        os.close(descriptor)


def _why_not_opened(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a link"
    if error.errno == errno.ENXIO:
        return "it is not a regular file"
    return f"it cannot be opened: {error.strerror}"
