"""What whoever started this process gave it, and what is given on to the programs that it starts.

Our own processes keep as many files open as they may and write for the user alone; the user's
programs get the limit and the umask that the user has.
"""

import os
import resource
from contextlib import suppress


def _current_umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


OPEN_FILES: tuple[int, int] = resource.getrlimit(resource.RLIMIT_NOFILE)
"""Soft and hard."""
UMASK = _current_umask()
"""Give it to what is started; ours is that of `keep_private`."""


def keep_private() -> None:
    """What this process creates is for the user alone."""
    os.umask(0o077)


def raise_soft_limit() -> None:
    """Each terminal, client and MCP server costs descriptors; the soft limit is often 1024."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES[1], OPEN_FILES[1]))


def lower_again(pid: int) -> None:
    """Give a process that we started the limits that the user has. Linux only; 0 is nobody."""
    if not pid:
        return  # to the system it would mean ourselves
    with suppress(AttributeError, OSError, ValueError):
        resource.prlimit(pid, resource.RLIMIT_NOFILE, OPEN_FILES)
