"""Reads small text files of a directory that somebody else controls, without ever blocking."""

import os
import stat
from pathlib import Path

MAX_BYTES = 1 << 20
"""Manifests are a few KiB; what is larger is not worth reading for one line of a prompt."""


def read_small(path: Path) -> str | None:
    """The text, or None for what is absent, unreadable, too large, or no regular file."""
    try:
        # O_NONBLOCK: opening a FIFO would otherwise wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            return None
        return os.read(descriptor, MAX_BYTES).decode(errors="replace")
    except OSError:
        return None
    finally:
        os.close(descriptor)
