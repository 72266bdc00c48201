"""Files by their paths, of which only plain ones are opened: nobody waits for a pipe.

What stands in a repository of the user may be anything: a pipe, a device without end, a link to
one. So whatever of it greenroom itself opens by its path is opened here; below a directory that
nothing may lead out of, in `inside`.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import IO

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PIECE_BYTES = 1 << 20
_LINE_BYTES = 1 << 16


def opened(path: Path) -> IO[bytes]:
    """To be read. OSError; also for what is no plain file, with a sentence."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            raise _not_plain(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_plain(path)
    return os.fdopen(descriptor, "rb")


def begin_of(path: Path, most_bytes: int) -> bytes | None:
    """At most so much of what is in it; None if it cannot be read, or is no plain file."""
    with suppress(OSError), opened(path) as file:
        return file.read(most_bytes)
    return None


def text_of(path: Path) -> str | None:
    """The same of a file of git's own that holds a line; other bytes than UTF-8 as surrogates."""
    found = begin_of(path, _LINE_BYTES)
    return None if found is None else os.fsdecode(found)


def copy(source: Path, target: Path, most_bytes: int) -> None:
    """To a new file, with its time. OSError; one that is larger, or grows, is told in a sentence,
    and no more than `most_bytes` of it are ever written.
    """
    with opened(source) as file, target.open("xb") as written:
        status = os.fstat(file.fileno())
        left = most_bytes - status.st_size
        while left >= 0 and (piece := file.read(_PIECE_BYTES)):
            left = most_bytes - written.tell() - len(piece)
            if left >= 0:
                written.write(piece)
    if left < 0:
        raise OSError(f"{source} is larger than {most_bytes >> 20} MiB, more than is copied")
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _not_plain(path: Path) -> OSError:
    return OSError(f"{path} is a link, a pipe or a device, no plain file; remove it")
