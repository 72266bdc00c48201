"""A mark that a process does not lose with its environment: a resource limit that limits nothing.

Whatever a process starts has its limits, in whatever session and below whatever parent. The one on
real-time work without a pause is set for each worker to a number of its own, made of its nonce, of
more than seventy thousand years. Who has a limit of their own there keeps it and is not marked.
"""

import resource
import zlib

_MARKED = 1 << 61
"""Microseconds, as all numbers here."""


def mark_of(nonce: str) -> int:
    """What all that a worker with this nonce started bears. PURE."""
    return _MARKED | zlib.crc32(nonce.encode())


def bear(nonce: str) -> None:
    """This process, and all that it starts from now on. Raises OSError or ValueError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
    is_free = soft == resource.RLIM_INFINITY or soft >= _MARKED
    if is_free and hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_RTTIME, (mark_of(nonce), hard))


def borne_by(pid: int) -> int | None:
    """The mark of a process; None if it has none, is gone, or is another user's."""
    try:
        soft, _ = resource.prlimit(pid, resource.RLIMIT_RTTIME)
    except (OSError, ValueError):
        return None
    return soft if soft >= _MARKED else None
