"""`.edits/` beside `sessions.json`: what was saved there by others, from taking it out to its end.

A claim `sessions-<counter>.json` is a file just as somebody saved it; `sessions-<counter>.plan`
beside it holds what it was found to ask for, before anything of it was asked. A counter is never
used twice. Nothing here is overwritten; what a claim means is for others.
"""

import fcntl
import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from storage import codec, durable
from storage.exchange import exchange

DIRECTORY = ".edits"
Stamp = tuple[int, int, int]
_CLAIM = re.compile(r"sessions-(\d+)(?:-held)?\.json")


class Claim(Struct, frozen=True):
    """A file that was taken out. The higher the counter, the later that was."""

    counter: int
    path: Path

    @property
    def plan(self) -> Path:
        return self.path.with_suffix(".plan")


class Placed(Struct, frozen=True):
    """`stamp` is that of the file that was put in place, `out` what came out for it."""

    stamp: Stamp
    out: Claim | None


def stamp_of(path: Path) -> Stamp | None:
    """Changes whenever the file does, but for changes within one tick of the clock.

    None if nothing is there.
    """
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def claims(directory: Path) -> list[Claim]:
    """Those in `.edits/`, in order. OSError."""
    try:
        names = os.listdir(directory)  # noqa: PTH208 - names are all that is needed
    except FileNotFoundError:
        return []
    found = [(int(match[1]), name) for name in names if (match := _CLAIM.fullmatch(name))]
    return [Claim(counter, directory / name) for counter, name in sorted(found)]


def put_in_place(path: Path, content: bytes) -> Placed:
    """Puts a file with `content` at `path`, durably; what was there comes out as a claim.

    Nobody ever finds half a file. StorageError: then what was there is at `path` still, or it is
    among the claims.
    """
    directory = path.parent / DIRECTORY
    with durable.named_failures(path):
        durable.make_directory(directory)
        taken = claims(directory)
        counter = max(taken[-1].counter + 1 if taken else 0, time.time_ns())
        fresh = directory / f"sessions-{counter}.json"
        durable.replace_file(fresh, content)
        stamp = stamp_of(fresh)
        if stamp is None:
            raise FileNotFoundError(fresh)
        while True:
            with suppress(FileNotFoundError):
                exchange(fresh, path)
                durable.sync_directory(path.parent)
                return Placed(stamp, Claim(counter, fresh))
            with suppress(FileExistsError):
                os.link(fresh, path)
                durable.sync_directory(path.parent)
                fresh.unlink()
                return Placed(stamp, None)


def keep(claim: Claim) -> None:
    """From its return on no power cut can undo that it was taken out. StorageError."""
    with durable.named_failures(claim.path):
        durable.sync_directory(claim.path.parent)


def release(claim: Claim) -> bool:
    """Removes a claim and its plan, unless somebody still has it open to write: then False."""
    if is_being_written(claim.path):
        return False
    with durable.named_failures(claim.path):
        claim.plan.unlink(missing_ok=True)
        claim.path.unlink(missing_ok=True)
    return True


def is_being_written(path: Path) -> bool:
    """Whether any process has the file open for writing. False where the system does not tell.

    A lease for reading is granted only if nobody has: it is given back at once. Whoever opens the
    file in between would have us sent a signal, so that is one which does nothing by default.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:  # no leases on this file system, or somebody else's file
        return False
    finally:
        os.close(descriptor)
    return False


def write_plan(claim: Claim, plan: object) -> None:
    """Says durably what is to be done for a claim. StorageError."""
    durable.replace_file(claim.plan, codec.encode(plan) + b"\n")


def read_plan(claim: Claim, kind: Any) -> Any:
    """The same again, as a value of `kind`; None if it was not said. FileRefused, OSError."""
    try:
        return codec.decode(claim.plan.read_bytes(), kind)
    except FileNotFoundError:
        return None


def clear(directory: Path, is_ours: Callable[[Path], bool]) -> None:
    """For the start: removes what a crash left of our own writing, and plans without a claim."""
    for claim in claims(directory):
        if not claim.plan.exists() and is_ours(claim.path):
            release(claim)
    with suppress(FileNotFoundError):
        for path in directory.iterdir():
            orphan = path.suffix == ".plan" and not path.with_suffix(".json").exists()
            if orphan or path.name.startswith("."):
                path.unlink(missing_ok=True)
