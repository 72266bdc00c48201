"""Keeps the daemon's log from filling the disk: what it holds moves aside, and it begins anew.

The file itself stays, for the keeper and the daemon have it open to append: both go on at its new
end, and no line of either is lost. Standard library only, and little of it: the keeper loads it.
"""

import os
from contextlib import suppress

LIMIT_BYTES = 10 << 20
SUFFIX = ".1"
"""Of the one older file."""


def keep_bounded(log: str, limit_bytes: int = LIMIT_BYTES) -> None:
    """Past the limit, copy `log` to its older file, in place of the one before, and empty it.

    Where there is no room for the copy it grows to twice the limit before it is emptied. Nothing is
    raised: a log is worth no failure.
    """
    with suppress(OSError):
        source = os.open(log, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            size = os.fstat(source).st_size
            if size > limit_bytes and (_is_set_aside(source, log) or size > 2 * limit_bytes):
                os.ftruncate(source, 0)
        finally:
            os.close(source)


def _is_set_aside(source: int, log: str) -> bool:
    older, made = f"{log}{SUFFIX}", f"{log}{SUFFIX}.new"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        target = os.open(made, flags, 0o600)
        try:
            copied = 0
            while copied < (end := os.fstat(source).st_size):  # more may come meanwhile
                copied += os.sendfile(target, source, copied, end - copied)
        finally:
            os.close(target)
        os.rename(made, older)  # noqa: PTH104 - pathlib would double what the keeper holds
    except OSError:
        with suppress(OSError):
            os.unlink(made)  # noqa: PTH108 - as above
        return False
    return True
