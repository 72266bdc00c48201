"""Making very many objects at once, faster."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """For a stretch that makes many objects, none of them garbage: up to twice as fast.

    The switch is the process's. Where two threads overlap, the collector comes back on with the
    end of the one that began first.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
