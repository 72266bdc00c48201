"""Requests that were taken out of `inbox/`: each has a claim, `.claimed/<counter>-<name>`.

A claim is the file itself under another name; then its first name goes. Whatever people do with
that name meanwhile, no file of theirs goes with it: what was put there stays, and what was written
anew into the file itself is given back, to be read again.
"""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from storage import durable, request_files, strict_json
from storage.errors import FileRefused

CLAIMED = ".claimed"
_CLAIM = re.compile(r"(\d+)-(.+)")
_AWAY = re.compile(r"\.taken-(\d+)-(.+)")


class Claim(Struct, frozen=True, kw_only=True):
    """A request that was taken: `name` is the file's in the inbox, `path` where it lies now.

    `print` is of what was read from it, None where nobody needs to know whether it has changed.
    """

    counter: int
    name: str
    path: Path
    print: int | None = None


def claim(
    inbox: Path, name: str, counter: int, inode: int, print_: int | None = None
) -> Claim | None:
    """Gives `inbox/<name>` a second name, with `counter`, which must never be used twice.

    None if it is gone, or is not the file with `inode` any more. `take_away` takes the first name
    away. OSError.
    """
    path = inbox / CLAIMED / f"{counter}-{name}"
    try:
        os.link(inbox / name, path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if path.lstat().st_ino != inode:
        path.unlink()
        return None
    return Claim(counter=counter, name=name, path=path, print=print_)


def take(inbox: Path, name: str, counter: int, inode: int, print_: int) -> Claim | None:
    """`claim` and `take_away` in one step, for what need not survive a power cut.

    None also if it was written anew: it has its name again then. OSError.
    """
    path = inbox.joinpath(CLAIMED, f"{counter}-{name}")
    try:
        os.rename(f"{inbox}/{name}", path)  # noqa: PTH104 - the Paths would cost more than the call
    except FileNotFoundError:
        return None
    taken = Claim(counter=counter, name=name, path=path, print=print_)
    if _inode(path) == inode and _print_of(taken) == print_:
        return taken
    give_back(path, inbox / name)
    return None


def take_away(inbox: Path, taken: Claim) -> bool:
    """Takes the first name of a claimed file away; doing it again after a failure is right.

    False if the file was written anew since it was read: it has its first name again then, unless
    another file has that by now, and the claim is gone. OSError.
    """
    try:
        inode = taken.path.lstat().st_ino
        if (inbox / taken.name).lstat().st_ino == inode:
            away = set_aside(inbox, taken.name, taken.counter)
            _end(away, inbox / taken.name, inode)
    except FileNotFoundError:
        pass
    if taken.print is None or _print_of(taken) == taken.print:
        return True
    give_back(taken.path, inbox / taken.name)
    return False


def settle(inbox: Path, claims: Sequence[Claim]) -> list[Claim]:
    """Makes claims durable and takes the first names away, so that a power cut leaves one name.

    In this order: the new names are on disk before the old ones go, and those are gone for good
    before anything is done. Doing it again after a failure is right. Returned are those that were
    given back, being no claims any more. StorageError.
    """
    with durable.named_failures(inbox):
        durable.sync_directory(inbox / CLAIMED)
        given_back = [taken for taken in claims if not take_away(inbox, taken)]
        durable.sync_directory(inbox)
        durable.sync_directory(inbox / CLAIMED)
    return given_back


def set_aside(inbox: Path, name: str, counter: int) -> Path:
    """Takes whatever has that name in the inbox out of everybody's reach; where it is then.

    It has no name by which it could be taken for a claim; a start gives it back. OSError.
    """
    return (inbox / name).rename(inbox / CLAIMED / f".taken-{counter}-{name}")


def give_back(path: Path, original: Path) -> None:
    """Lets a file have its first name again, unless another has it by now. OSError."""
    with suppress(FileExistsError):
        os.link(path, original, follow_symlinks=False)
    path.unlink()


def read_claim(taken: Claim) -> dict[str, Any]:
    """The request of a claim. FileRefused, OSError."""
    raw, _ = request_files.read_plain(taken.path, most_links=2)
    return request_files.require_object(strict_json.parse(raw))


def claimed(inbox: Path) -> list[Claim]:
    """What was taken and not finished, in order; also completes what a crash left half taken.

    For the start: a file whose claim exists loses its other name, in the inbox. OSError.
    """
    claims = []
    for path in (inbox / CLAIMED).iterdir():
        if found := _CLAIM.fullmatch(path.name):
            claims.append(Claim(counter=int(found[1]), name=found[2], path=path))
        elif found := _AWAY.fullmatch(path.name):
            _end(path, inbox / found[2], _inode(path.with_name(f"{found[1]}-{found[2]}")))
    for taken in claims:
        take_away(inbox, taken)
    return sorted(claims, key=lambda taken: taken.counter)


def release(taken: Claim) -> None:
    """Ends a claim: its request is answered. Nothing if it is gone."""
    taken.path.unlink(missing_ok=True)


def _end(away: Path, original: Path, inode: int | None) -> None:
    """Ends what was set aside if it is that file; any other was put there at the last moment."""
    if away.lstat().st_ino == inode:
        away.unlink()
    else:
        give_back(away, original)


def _inode(path: Path) -> int | None:
    try:
        return path.lstat().st_ino
    except FileNotFoundError:
        return None


def _print_of(taken: Claim) -> int | None:
    """Of what it holds now. As it was, if somebody has taken it away altogether."""
    try:
        raw, _ = request_files.read_plain(taken.path, most_links=2)
    except FileNotFoundError:
        return taken.print
    except (FileRefused, OSError):
        return None
    return request_files.print_of(raw)
