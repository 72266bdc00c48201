"""Requests and answers as files: what lies in `inbox/`, who claims it, what goes to `outbox/`.

Reads only what is plainly a file of ours and never waits on anything else that has a name there.
Knows JSON and ids; which commands there are, and that each is answered once, is for others.
"""

import os
import re
import stat
from pathlib import Path
from typing import Any

from msgspec import Struct

from storage import durable, strict_json
from storage.errors import FileRefused

SIZE_LIMIT_BYTES = 1 << 20
SETTLED_SECONDS = 1.0
"""A file that does not parse is refused once it has been left alone for so long."""

CLAIMED = ".claimed"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_CLAIM = re.compile(r"(\d+)-(.+)")


class Candidate(Struct, frozen=True, kw_only=True):
    """A `*.json` in the inbox. `fault` says why it must not be read, None if it may be."""

    path: Path
    changed_ns: int
    inode: int
    links: int
    fault: str | None


class Claim(Struct, frozen=True, kw_only=True):
    """A request that was taken: `name` is the file's in the inbox, `path` where it lies now."""

    counter: int
    name: str
    path: Path


class Identity(Struct, frozen=True, kw_only=True):
    """`id` is the request's for the journals; the answer goes to `outbox/<answer_name>.json`.

    `explicit`: the request names its id itself, so that the same one again means the same request.
    """

    id: str
    answer_name: str
    explicit: bool


def scan(inbox: Path) -> list[Candidate]:
    """Every `*.json` that is not hidden, by time of change, then name. One scandir. OSError."""
    with os.scandir(inbox) as entries:
        found = [
            candidate
            for entry in entries
            if entry.name.endswith(".json") and not entry.name.startswith(".")
            if (candidate := _candidate(entry)) is not None
        ]
    return sorted(found, key=lambda candidate: (candidate.changed_ns, candidate.path.name))


def is_settled(candidate: Candidate, now_seconds: float) -> bool:
    """True if it was left alone for long enough; `now_seconds` as of `time.time()`.

    A time of change in the future (a copied file, a clock put back) counts as settled too.
    """
    age = now_seconds - candidate.changed_ns / 1e9
    return not 0 <= age < SETTLED_SECONDS


def read(candidate: Candidate, *, settled: bool) -> Any:
    """The object that the file holds, or None: it is gone, or still being written.

    `settled`: it was closed after writing, or left alone for a second; only then is one that does
    not parse refused. FileRefused, OSError.
    """
    if candidate.fault is not None:
        raise FileRefused(candidate.fault)
    try:
        raw = durable.read_small(candidate.path, SIZE_LIMIT_BYTES, follow_links=False, fault=_fault)
    except FileNotFoundError:
        return None
    try:
        value = strict_json.parse(raw)
    except FileRefused:
        if settled:
            raise
        return None
    if not isinstance(value, dict):
        raise FileRefused("a request is an object", line=1, path="$")
    return value


def claim(inbox: Path, name: str, counter: int) -> Claim:
    """Takes `inbox/<name>` away under a name with `counter`, which must never be used twice.

    By link and unlink, since a rename out of a watched directory delays the next event by 500 ms.
    Not synced: whichever of the two names survives a power cut, the request is still there.
    FileNotFoundError if it is gone, OSError.
    """
    taken = Claim(counter=counter, name=name, path=inbox / CLAIMED / f"{counter}-{name}")
    os.link(inbox / name, taken.path, follow_symlinks=False)
    (inbox / name).unlink()
    return taken


def claimed(inbox: Path) -> list[Claim]:
    """What was taken and not finished, in order; also completes what a crash left half taken.

    For the start: a file whose claim exists loses its other name, in the inbox. OSError.
    """
    claims = []
    for name in os.listdir(inbox / CLAIMED):  # noqa: PTH208 - names are all that is needed
        found = _CLAIM.fullmatch(name)
        if found:
            path = inbox / CLAIMED / name
            claims.append(Claim(counter=int(found[1]), name=found[2], path=path))
    for taken in claims:
        _finish(inbox / taken.name, taken.path)
    return sorted(claims, key=lambda taken: taken.counter)


def release(taken: Claim) -> None:
    """Ends a claim: its request is answered. Nothing if it is gone."""
    taken.path.unlink(missing_ok=True)


def identify(request: dict[str, Any], name: str, counter: int) -> Identity:
    """By its own `id` where that can be one, else by the file's name without `.json`."""
    own = request.get("id")
    if isinstance(own, str) and _ID.fullmatch(own):
        return Identity(id=own, answer_name=own, explicit=True)
    stem = name.removesuffix(".json")
    return Identity(id=f"{counter}-{stem}", answer_name=stem, explicit=False)


def answer(outbox: Path, name: str, content: bytes, *, synced: bool = True) -> Path:
    """Puts `content` at `<name>.json`, in place of an earlier answer; its path.

    `synced` false is for answers to requests that changed nothing. StorageError.
    """
    path = outbox / f"{_safe(name)}.json"
    durable.replace_file(path, content, synced=synced)
    return path


def append_stream(outbox: Path, name: str, content: bytes) -> Path:
    """Adds `content` and a newline to `<name>.jsonl`, not synced; its path. StorageError."""
    path = outbox / f"{_safe(name)}.jsonl"
    durable.append_line(path, content + b"\n", synced=False)
    return path


def _safe(name: str) -> str:
    if _ID.fullmatch(name) is None:
        raise ValueError(f"{name!r} cannot be the name of an answer")
    return name


def _candidate(entry: os.DirEntry[str]) -> Candidate | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return Candidate(
        path=Path(entry.path),
        changed_ns=status.st_mtime_ns,
        inode=status.st_ino,
        links=status.st_nlink,
        fault=_name_fault(entry.name) or _fault(status),
    )


def _name_fault(name: str) -> str | None:
    if _ID.fullmatch(name.removesuffix(".json")):
        return None
    return "its name is not 1 to 100 of A-Z a-z 0-9 . _ - (beginning with a letter or digit)"


def _fault(status: os.stat_result) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "it is not a regular file"
    if status.st_uid != os.geteuid():
        return "it belongs to another user"
    if status.st_nlink > 1:
        return "it has more than one name (a hard link)"
    if status.st_size > SIZE_LIMIT_BYTES:
        return f"it is larger than {SIZE_LIMIT_BYTES} bytes"
    return None


def _finish(original: Path, taken: Path) -> None:
    try:
        if original.lstat().st_ino == taken.lstat().st_ino:
            original.unlink()
    except FileNotFoundError:
        return
