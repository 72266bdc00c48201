"""How many files may be open: as many as possible for us, what the user has for what we start."""

import resource
from contextlib import suppress

INHERITED: tuple[int, int] = resource.getrlimit(resource.RLIMIT_NOFILE)
"""Soft and hard, as whoever started this process had them."""


def raise_soft_limit() -> None:
    """Each terminal, client and MCP server costs descriptors; the soft limit is often 1024."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (INHERITED[1], INHERITED[1]))


def lower_again(pid: int) -> None:
    """Give a process that we started the limits that the user has. Linux only; 0 is nobody."""
    if not pid:
        return  # to the system it would mean ourselves
    with suppress(AttributeError, OSError, ValueError):
        resource.prlimit(pid, resource.RLIMIT_NOFILE, INHERITED)
