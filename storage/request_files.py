"""Requests and answers as files: what lies in `inbox/`, and what goes to `outbox/`.

Reads only what is plainly a file of ours and never waits on anything else that has a name there.
Knows JSON and ids; who takes a request is in `request_claims`, which commands there are, and that
each is answered once, is for others.
"""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct

from storage import durable, strict_json
from storage.errors import FileRefused, StorageError

SIZE_LIMIT_BYTES = 1 << 20
SETTLED_SECONDS = 1.0
"""A file that does not parse is refused once it has been left alone for so long."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Candidate(Struct, frozen=True, kw_only=True):
    """A `*.json` in the inbox. `bad_name` says why it can never be a request, None if it can.

    `is_plain`: it was a file that may be opened.
    """

    name: str
    changed_ns: int
    bad_name: str | None
    is_plain: bool


class Listing(Struct, frozen=True, kw_only=True):
    """`candidates` by time of change, then name; `others` are settled files of other names."""

    candidates: list[Candidate]
    others: list[str]


class Found(NamedTuple):
    """What stands in a file, which file it was, and the `print` of its `size` bytes."""

    request: dict[str, Any]
    inode: int
    size: int
    print: int


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
    with _opened(inbox) as descriptor, os.scandir(descriptor) as entries:
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
                candidates.append(
                    Candidate(
                        name=name,
                        changed_ns=status.st_mtime_ns,
                        bad_name=_name_fault(name),
                        is_plain=_fault(status) is None,
                    )
                )
    candidates.sort(key=lambda candidate: (candidate.changed_ns, candidate.name))
    return Listing(candidates=candidates, others=others)


def read(path: Path, now_seconds: float, *, closely: bool = False) -> Found | None:
    """The request that a file holds, or None: it is gone, or still being written.

    One that does not parse is refused only once it has been left alone for a second. `closely`:
    nothing is opened but a plain file, whatever it was when it was listed. FileRefused, OSError.
    """
    try:
        if closely and (fault := _fault(path.lstat())):
            raise FileRefused(fault)
        raw, status = read_plain(path, most_links=1)
    except FileNotFoundError:
        return None
    try:
        value = strict_json.parse(raw)
    except FileRefused:
        if _is_settled(status, now_seconds):
            raise
        return None
    return Found(require_object(value), status.st_ino, len(raw), print_of(raw))


def print_of(raw: bytes) -> int:
    """Differs for other bytes; for this process alone."""
    return hash(raw)


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
    try:
        with _opened(outbox):
            results = [_put(outbox, one) for one in answers]
    except OSError as error:
        return [durable.storage_error(error, outbox)] * len(answers)
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
    name = f"{_safe(one.name)}.json"
    temporary = f"{outbox}/.{name}.tmp"  # as text, for a Path costs more than the call it is for
    try:
        if one.unless_there and _holds(outbox / name, one.content):
            return None
        descriptor = durable.create(temporary)
        try:
            durable.write_whole(descriptor, one.content)
            if one.synced:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, f"{outbox}/{name}")  # noqa: PTH104 - as above
    except OSError as error:
        with suppress(OSError):
            Path(temporary).unlink(missing_ok=True)
        return durable.storage_error(error, outbox / name)
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


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    """A link in its place is not followed. OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


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
    """Left alone for long enough. A time of change well in the future counts as settled too: it is
    a copied file's, or the clock was put back.
    """
    age = now_seconds - status.st_mtime_ns / 1e9
    return not -SETTLED_SECONDS < age < SETTLED_SECONDS


def read_plain(path: Path, most_links: int) -> tuple[bytes, os.stat_result]:
    """What stands in a file of ours, and its status as it was opened. FileRefused, OSError.

    Never follows a link, never waits on a pipe or device, never reads more than the limit.
    """
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


def require_object(value: Any) -> dict[str, Any]:
    """FileRefused for what is no object."""
    if not isinstance(value, dict):
        raise FileRefused("a request is an object", line=1, path="$")
    return value
