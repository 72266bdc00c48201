"""Two names change places in one step, so that nothing that is saved under either gets lost.

A rename would do away with whatever lies at its target by then, and nobody would ever see it.
"""

import ctypes
import errno
import os
import sys
from pathlib import Path

_AT_CWD = -100
_RENAME_EXCHANGE = 2
_CANNOT = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP})


def exchange(fresh: Path, path: Path) -> None:
    """What lies at `path` comes to lie at `fresh` and the other way round, in one step.

    Nobody ever finds nothing at `path`, and nothing that is saved there meanwhile is lost. Where
    the file system cannot (`exchange_by_names` says how it goes then) that takes several steps.
    Not synced. FileNotFoundError if one of the two is missing, OSError.
    """
    error = _exchange_at_once(fresh, path)
    if error in _CANNOT:
        exchange_by_names(fresh, path)
    elif error:
        raise OSError(error, os.strerror(error), str(path))


def exchange_by_names(fresh: Path, path: Path) -> None:
    """The same with `rename` and `link` alone: for a moment there is nothing at `path`.

    What is saved in that moment stays there, so that `fresh` is not put in place; what was there
    before comes out all the same. A crash within leaves that under `held_name(fresh)`.
    """
    fresh.lstat()
    held = held_name(fresh)
    path.rename(held)
    try:
        os.link(fresh, path, follow_symlinks=False)
    except FileExistsError:
        pass
    except OSError:
        if not os.path.lexists(path):
            held.rename(path)
        raise
    held.rename(fresh)


def held_name(fresh: Path) -> Path:
    """Where `exchange_by_names` puts what it takes out, until it has the name `fresh`."""
    return fresh.with_name(f"{fresh.stem}-held{fresh.suffix}")


def _exchange_at_once(fresh: Path, path: Path) -> int:
    """The error number; 0 if it was done."""
    library = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(fresh), os.fsencode(path)
    if sys.platform == "darwin":
        failed = library.renamex_np(*names, _RENAME_EXCHANGE)
    elif hasattr(library, "renameat2"):
        failed = library.renameat2(_AT_CWD, names[0], _AT_CWD, names[1], _RENAME_EXCHANGE)
    else:
        return errno.ENOSYS
    return ctypes.get_errno() if failed else 0
