"""Whether a daemon holds a data directory: the truth, whatever became of the files in `run/`.

The lock is asked for in its shared form and let go at once; a daemon that starts in this very
moment tries again.
"""

from __future__ import annotations

import fcntl
import os
import time

from actors.cli.connection import Connection
from actors.cli.failures import NoDaemonError

SOCKET_RETURNS_SECONDS = 4.0
"""A daemon whose socket or whole `run/` was removed makes both again within two seconds."""
LOOK_AGAIN_SECONDS = 0.05


def is_held(data: str) -> bool:
    """True while a process has the data directory; False too when there is no directory."""
    try:
        descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def listens_again(data: str) -> bool:
    """Wait while the directory is held: True once somebody listens at the control socket."""
    deadline = time.monotonic() + SOCKET_RETURNS_SECONDS
    while is_held(data):
        try:
            Connection(data).close()
        except NoDaemonError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_AGAIN_SECONDS)
        else:
            return True
    return False
