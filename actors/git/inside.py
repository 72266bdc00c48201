"""Files within one directory, of which nothing leads outside: no link is ever followed.

A repository may hold links where directories are expected. So each step of a path is opened from
the one before it, and a link on the way is an error of its own.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import IO

from actors.inherited import UMASK

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK_BYTES = 1 << 20


class NotInsideError(Exception):
    """The path is none within the directory, or a link stands on its way. The text says which."""


class TooLargeError(NotInsideError):
    """A file is larger than what may be copied."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"it is larger than {most_bytes >> 20} MiB")


def parts_of(text: str) -> tuple[str, ...]:
    """The steps of a relative path. NotInsideError for any other, and for git's own files."""
    parts = tuple(part for part in text.split("/") if part not in {"", "."})
    is_bad = text.startswith("/") or "\0" in text or ".." in parts or not parts
    if is_bad or any(part.lower() == ".git" for part in parts):
        raise NotInsideError(f"{text[:200]!r} is no path to a file within the repository")
    return parts


@contextmanager
def directory(root: Path, steps: tuple[str, ...], *, make: bool = False) -> Iterator[int]:
    """A descriptor of the directory that the steps lead to. NotInsideError, OSError."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for step in steps:
            is_new = make and _make(step, descriptor)
            inner = _entered(step, descriptor)
            if is_new:
                os.fchmod(inner, 0o777 & ~UMASK)  # as the user's own programs make one
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _make(step: str, at: int) -> bool:
    try:
        os.mkdir(step, dir_fd=at)
    except FileExistsError:
        return False
    return True


def _entered(step: str, at: int) -> int:
    try:
        return os.open(step, _DIRECTORY, dir_fd=at)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            text = f"{step!r} on the way is a link, or no directory"
            raise NotInsideError(text) from error
        raise


def read(root: Path, steps: tuple[str, ...], limit_bytes: int) -> tuple[bytes, int]:
    """The content and the mode of a regular file that is not larger. NotInsideError, OSError.

    A larger one is a NotInsideError too: it is none that is read.
    """
    with directory(root, steps[:-1]) as parent:
        descriptor = open_regular(steps[-1], parent)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if status.st_size > limit_bytes:
            raise NotInsideError(f"it is larger than {limit_bytes} bytes")
        return file.read(status.st_size), status.st_mode


def put(root: Path, steps: tuple[str, ...], content: bytes, mode: int) -> bool:
    """A new file; False if there is one of this name, which stays. NotInsideError, OSError."""
    with directory(root, steps[:-1], make=True) as parent:
        return _new_file(steps[-1], parent, mode, (content,)) is not None


def _new_file(name: str, at: int, mode: int, content: Iterable[bytes]) -> int | None:
    """Its size. It has its name once it is whole: half of it never stays where a disk is full."""
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=at, follow_symlinks=False)
        return None
    half = f".greenroom-half-{token_hex(6)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(half, flags, 0o600, dir_fd=at)
    try:
        with os.fdopen(descriptor, "wb") as file:
            size = sum(map(file.write, content))
            os.fchmod(descriptor, mode & 0o777 & ~UMASK)
        os.rename(half, name, src_dir_fd=at, dst_dir_fd=at)
    except BaseException:
        os.unlink(half, dir_fd=at)
        raise
    return size


def copy(source: Path, target: Path, steps: tuple[str, ...], most_bytes: int) -> int | None:
    """The size of one regular file that was copied; None if one of its name is there, which stays.

    NotInsideError for what is no regular file; TooLargeError, also for one that grows; OSError.
    """
    with directory(source, steps[:-1]) as parent:
        reading = open_regular(steps[-1], parent)
    with os.fdopen(reading, "rb") as file:
        status = os.fstat(reading)
        if status.st_size > most_bytes:
            raise TooLargeError(most_bytes)
        with directory(target, steps[:-1], make=True) as parent:
            return _new_file(steps[-1], parent, status.st_mode, _pieces(file, most_bytes))


def _pieces(file: IO[bytes], most_bytes: int) -> Iterator[bytes]:
    while piece := file.read(_CHUNK_BYTES):
        if file.tell() > most_bytes:
            raise TooLargeError(most_bytes)
        yield piece


def is_same(one: Path, other: Path, steps: tuple[str, ...]) -> bool:
    """Whether both have a regular file there, of the same content and as executable.

    NotInsideError, OSError.
    """
    with directory(one, steps[:-1]) as parent:
        first = os.fdopen(open_regular(steps[-1], parent), "rb")
    with first:
        with directory(other, steps[:-1]) as parent:
            second = os.fdopen(open_regular(steps[-1], parent), "rb")
        with second:
            statuses = [os.fstat(each.fileno()) for each in (first, second)]
            sizes = {(each.st_size, each.st_mode & 0o100) for each in statuses}
            if len(sizes) > 1:
                return False
            while piece := first.read(_CHUNK_BYTES):
                if second.read(_CHUNK_BYTES) != piece:
                    return False
            return not second.read(1)


def open_regular(name: str, at: int) -> int:
    """A descriptor to read the file in the directory `at`. NotInsideError, OSError."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=at)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            raise NotInsideError(f"{name!r} is a link, or no regular file") from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotInsideError(f"{name!r} is no regular file")
    return descriptor


def files_below(root: Path, steps: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The steps of each file there: of itself, or of all within it but what is git's own.

    Links are among them, and not followed. NotInsideError, OSError.
    """
    with directory(root, steps[:-1]) as parent:
        status = os.stat(steps[-1], dir_fd=parent, follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode):
        yield steps
        return
    with directory(root, steps) as here:
        names = sorted(os.listdir(here))  # noqa: PTH208 - of a descriptor
    for name in names:
        if name.lower() != ".git":
            yield from files_below(root, (*steps, name))
