"""Requests and answers as files: what lies in `inbox/`, who claims it, what goes to `outbox/`.

Reads only what is plainly a file of ours and never waits on anything else that has a name there.
Knows JSON and ids; which commands there are, and that each is answered once, is for others.
"""

import os
import re
import stat
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct

from storage import durable, strict_json
from storage.errors import FileRefused, StorageError

SIZE_LIMIT_BYTES = 1 << 20
SETTLED_SECONDS = 1.0
"""A file that does not parse is refused once it has been left alone for so long."""

CLAIMED = ".claimed"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_CLAIM = re.compile(r"(\d+)-(.+)")


class Candidate(Struct, frozen=True, kw_only=True):
    """A `*.json` in the inbox. `fault` says why it must not be read, None if it may be."""

    name: str
    changed_ns: int
    fault: str | None


class Listing(Struct, frozen=True, kw_only=True):
    """`candidates` by time of change, then name; `others` are settled files of other names."""

    candidates: list[Candidate]
    others: list[str]


class Found(NamedTuple):
    """What stands in a file, and which file it was."""

    request: dict[str, Any]
    inode: int


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


class Outgoing(Struct, frozen=True, kw_only=True):
    """An answer for the outbox. `synced` false is for answers to requests that changed nothing.

    `unless_there`: it may stand there already, byte for byte, and stays then.
    """

    name: str
    content: bytes
    synced: bool = True
    unless_there: bool = False


def scan(inbox: Path, now_seconds: float, being_taken: AbstractSet[int] = frozenset()) -> Listing:
    """All that is not hidden, but for inodes that are just being taken. One scandir. OSError.

    `now_seconds` as of `time.time()`.
    """
    candidates, others = [], []
    with os.scandir(inbox) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if not name.endswith(".json"):
                if _is_settled(status, now_seconds):
                    others.append(name)
            elif status.st_ino not in being_taken:
                fault = _name_fault(name) or _fault(status)
                candidates.append(Candidate(name=name, changed_ns=status.st_mtime_ns, fault=fault))
    candidates.sort(key=lambda candidate: (candidate.changed_ns, candidate.name))
    return Listing(candidates=candidates, others=others)


def read(inbox: Path, candidate: Candidate, now_seconds: float) -> Found | None:
    """The request that the file holds, or None: it is gone, or still being written.

    One that does not parse is refused only once it has been left alone for a second. A file that
    took the name since the scan is judged anew. FileRefused, OSError.
    """
    if candidate.fault is not None:
        raise FileRefused(candidate.fault)
    try:
        raw, status = _read_plain(inbox / candidate.name, most_links=1)
    except FileNotFoundError:
        return None
    try:
        value = strict_json.parse(raw)
    except FileRefused:
        if _is_settled(status, now_seconds):
            raise
        return None
    return Found(_object(value), status.st_ino)


def claim(inbox: Path, name: str, counter: int, inode: int) -> Claim | None:
    """Gives `inbox/<name>` a second name, with `counter`, which must never be used twice.

    None if it is gone, or is not the file with `inode` any more. `unlink_taken` takes the first
    name away. OSError.
    """
    taken = Claim(counter=counter, name=name, path=inbox / CLAIMED / f"{counter}-{name}")
    try:
        os.link(inbox / name, taken.path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if taken.path.lstat().st_ino != inode:
        taken.path.unlink()
        return None
    return taken


def unlink_taken(inbox: Path, taken: Claim) -> None:
    """Takes the first name of a claimed file away, unless another file has it by now. OSError.

    By link and unlink, since a rename out of a watched directory delays the next event by 500 ms.
    """
    original = inbox / taken.name
    try:
        if original.lstat().st_ino == taken.path.lstat().st_ino:
            original.unlink()
    except FileNotFoundError:
        return


def settle(inbox: Path, claims: Sequence[Claim]) -> None:
    """Makes claims durable and takes the first names away, so that a power cut leaves one name.

    In this order: the new names are on disk before the old ones go, and those are gone for good
    before anything is done. Doing it again after a failure is right. StorageError.
    """
    with durable.named_failures(inbox):
        durable.sync_directory(inbox / CLAIMED)
        for taken in claims:
            unlink_taken(inbox, taken)
        durable.sync_directory(inbox)


def read_claim(taken: Claim) -> dict[str, Any]:
    """The request of a claim. FileRefused, OSError."""
    raw, _ = _read_plain(taken.path, most_links=2)
    return _object(strict_json.parse(raw))


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
        unlink_taken(inbox, taken)
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


def put_answers(outbox: Path, answers: Sequence[Outgoing]) -> list[StorageError | None]:
    """Puts each at `<name>.json`, in place of an earlier answer; what went wrong with each.

    In order, so that of two with one name the later stays. Those that are to survive a power cut
    share the sync of the directory.
    """
    results = [_put(outbox, one) for one in answers]
    if any(one.synced for one in answers):
        try:
            durable.sync_directory(outbox)
        except OSError as error:
            failure = durable.storage_error(error, outbox)
            return [
                failure if one.synced else result
                for one, result in zip(answers, results, strict=True)
            ]
    return results


def _put(outbox: Path, one: Outgoing) -> StorageError | None:
    path = outbox / f"{_safe(one.name)}.json"
    temporary = outbox / f".{one.name}.json.tmp"
    try:
        if one.unless_there and _holds(path, one.content):
            return None
        descriptor = durable.create(temporary)
        try:
            durable.write_whole(descriptor, one.content)
            if one.synced:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.rename(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        return durable.storage_error(error, path)
    return None


def _holds(path: Path, content: bytes) -> bool:
    """Whether just that is there; it is on disk then. OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if os.fstat(descriptor).st_size != len(content):
            return False
        if os.read(descriptor, len(content)) != content:
            return False
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return True


def append_stream(outbox: Path, name: str, content: bytes) -> Path:
    """Adds `content` and a newline to `<name>.jsonl`, not synced; its path. StorageError."""
    path = outbox / f"{_safe(name)}.jsonl"
    durable.append_line(path, content + b"\n", synced=False)
    return path


def begin_stream(outbox: Path, name: str) -> None:
    """Takes away what an earlier request of that name streamed. StorageError."""
    path = outbox / f"{_safe(name)}.jsonl"
    with durable.named_failures(path):
        path.unlink(missing_ok=True)


def end_stream(outbox: Path, name: str, answer: bytes) -> None:
    """Makes `answer` (without newline) the last line of `<name>.jsonl`, once. StorageError.

    Nothing if there is no such file.
    """
    path = outbox / f"{_safe(name)}.jsonl"
    with durable.named_failures(path):
        try:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - len(answer) - 2))
                last = file.read(len(answer) + 2)
        except FileNotFoundError:
            return
    if not (b"\n" + last).endswith(b"\n" + answer + b"\n"):
        append_stream(outbox, name, answer)


def _safe(name: str) -> str:
    if _ID.fullmatch(name) is None:
        raise ValueError(f"{name!r} cannot be the name of an answer")
    return name


def _name_fault(name: str) -> str | None:
    if _ID.fullmatch(name.removesuffix(".json")):
        return None
    return "its name is not 1 to 100 of A-Z a-z 0-9 . _ - (beginning with a letter or digit)"


def _fault(status: os.stat_result, most_links: int = 1) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "it is not a regular file"
    if status.st_uid != os.geteuid():
        return "it belongs to another user"
    if status.st_nlink > most_links:
        return "it has more than one name (a hard link)"
    if status.st_size > SIZE_LIMIT_BYTES:
        return f"it is larger than {SIZE_LIMIT_BYTES} bytes"
    return None


def _is_settled(status: os.stat_result, now_seconds: float) -> bool:
    """Left alone for long enough. A time of change in the future counts as settled too: it is a
    copied file's, or the clock was put back.
    """
    age = now_seconds - status.st_mtime_ns / 1e9
    return not 0 <= age < SETTLED_SECONDS


def _read_plain(path: Path, most_links: int) -> tuple[bytes, os.stat_result]:
    """Never follows a link, never waits on a pipe or device, never reads more than the limit."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise FileRefused(f"it cannot be opened: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        fault = _fault(status, most_links)
        if fault is not None:
            raise FileRefused(fault)
        return os.read(descriptor, status.st_size), status
    finally:
        os.close(descriptor)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FileRefused("a request is an object", line=1, path="$")
    return value
