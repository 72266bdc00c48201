"""Reads a journal from its first byte: the commits that are good, and the first line that is not.

Knows how lines hang together (numbers, `prev`). Changes nothing; what a bad line means is for
`repair`. Holds one line at most beside the commits, however long a line the file claims to have.
"""

import itertools
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from storage import durable
from storage.bulk import no_garbage_collection
from storage.errors import FileRefused, JournalCorrupt, JournalMissing, JournalTooNew
from storage.journal import frame
from storage.journal.frame import JournalEnd

_CHUNK_BYTES = 1 << 20
_SEAM = re.compile(rb'(?P<begin>\{"n":\d+,"synced":)|,"crc":"[0-9a-f]{8}"\}')
_MOST_SEAMS = 64
"""Looked for in one bad line, which can hold anything."""


class Fault(Struct, frozen=True, kw_only=True):
    """A bad line: where it begins, the number it should have, and what the lines after it prove.

    `confirmed` is the highest number that they show to be on disk; 0 if they show nothing.
    """

    offset: int
    number: int
    confirmed: int


class Scan(Struct, frozen=True, kw_only=True):
    """The good part of a journal, and why it ends there: `fault` is None at the end of the file."""

    header: frame.Header
    commits: list[frame.Commit]
    end: JournalEnd
    fault: Fault | None


Heard = Callable[[int], object]
"""Called with the bytes that are behind."""


class Line(NamedTuple):
    """`content` is without its newline, and empty when it was too long. `ended`: it had one."""

    offset: int
    content: bytes
    ended: bool


def opened(path: Path, flags: int = os.O_RDONLY) -> int:
    """A descriptor of a journal's file. Follows no link, that of its directory neither, and never
    waits on a pipe or device.

    JournalMissing, JournalCorrupt if something else stands there, StorageError.
    """
    if path.parent.is_symlink():
        raise JournalCorrupt(
            f"{path.parent} is a symbolic link: put the directory that it leads to in its place"
        )
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise JournalMissing(
            f"{path} does not exist: put back a copy of it if there is one"
        ) from error
    except OSError as error:
        if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
            raise _no_file(path) from error
        raise durable.storage_error(error, path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _no_file(path)
    return descriptor


def _no_file(path: Path) -> JournalCorrupt:
    what = "a symbolic link" if path.is_symlink() else "no file"
    return JournalCorrupt(f"{path} is {what}: put the journal itself there, or a copy of it")


def scan(descriptor: int, path: Path, heard: Heard | None = None) -> Scan:
    """Reads the file, positioned at its start, to its end; `path` is for the errors. `heard` is
    told at each line where it begins, in a file of some length.

    JournalCorrupt (with file, offset and number), JournalTooNew, OSError.
    """
    size = os.fstat(descriptor).st_size
    if size < frame.LINE_LIMIT_BYTES:
        raw = os.read(descriptor, size)
        good = _at_once(raw) if len(raw) == size else None
        if good is not None:
            return good
        os.lseek(descriptor, 0, os.SEEK_SET)
    found = lines(descriptor) if heard is None else _told(lines(descriptor), heard)
    first = next(found, Line(0, b"", False))
    if not first.ended or not frame.is_whole(first.content):
        raise corrupt(path, 0, 0, "the first line is damaged")
    try:
        header = frame.decode_header(first.content)
        with no_garbage_collection():
            return _commits(found, path, header, first.content)
    except JournalTooNew as error:
        raise JournalTooNew(f"{path}: {error}") from error
    except FileRefused as error:
        raise corrupt(path, 0, 0, str(error)) from error


def _told(found: Iterator[Line], heard: Heard) -> Iterator[Line]:
    for line in found:
        heard(line.offset)
        yield line


def _at_once(raw: bytes) -> Scan | None:
    """The scan of a journal, no longer than one line may be, that is good from end to end. None
    sends it to the look line by line, which takes half as long again and says what is wrong.
    """
    first, *rest = raw.split(b"\n")
    if not rest or rest.pop() or not all(map(frame.is_whole, [first, *rest])):
        return None
    try:
        header = frame.decode_header(first)
        with no_garbage_collection():
            commits = frame.decode_commits(raw[len(first) + 1 :])
    except (FileRefused, JournalTooNew):
        return None
    crcs = [frame.crc_of(line) for line in (first, *rest)]
    if [(commit.n, commit.prev) for commit in commits] != list(enumerate(crcs[:-1], 1)):
        return None
    end = JournalEnd(len(commits), len(raw), crcs[-1])
    return Scan(header=header, commits=commits, end=end, fault=None)


def corrupt(path: Path, offset: int, number: int, reason: str) -> JournalCorrupt:
    return JournalCorrupt(
        f"{path}: {reason} (byte {offset}, number {number}). Nothing was"
        " changed; `greenroom verify` shows it, `greenroom salvage` takes out what is whole."
    )


def _commits(rest: Iterator[Line], path: Path, header: frame.Header, first: bytes) -> Scan:
    commits: list[frame.Commit] = []
    is_whole, decode, crc_of = frame.is_whole, frame.decode_commit, frame.crc_of
    number, size, crc = 0, len(first) + 1, crc_of(first)
    fault = None
    for line in rest:
        offset, content, ended = line
        if not ended or not is_whole(content):
            fault = _fault(line, number + 1, rest)
            break
        number += 1
        try:
            commit = decode(content)
        except FileRefused as error:
            raise corrupt(path, offset, number, f"not a commit: {error}") from error
        if commit.n != number or commit.prev != crc:
            reason = f"number {commit.n} stands where number {number} should follow"
            raise corrupt(path, offset, number, reason)
        commits.append(commit)
        crc = crc_of(content)
        size += len(content) + 1
    return Scan(header=header, commits=commits, end=JournalEnd(number, size, crc), fault=fault)


def _fault(bad: Line, number: int, after: Iterator[Line]) -> Fault:
    """A line after the bad one with its number or a smaller one proves that the order is broken."""
    confirmed = 0
    behind = (part for part in parts(bad) if part.offset > bad.offset)
    others = (part for line in after for part in parts(line))
    for line in itertools.chain(behind, others):
        try:
            found = frame.decode_envelope(line.content) if frame.is_whole(line.content) else None
        except FileRefused:
            continue
        if found is not None:
            repeated = number if found.n <= number else 0
            confirmed = max(confirmed, found.synced, repeated)
    return Fault(offset=bad.offset, number=number, confirmed=confirmed)


def parts(line: Line) -> Iterator[Line]:
    """A whole line as it is; a bad one divided where others begin or end in it.

    So a line is found again that is whole but for the newline before or after it.
    """
    if not line.content or frame.is_whole(line.content):
        yield line
        return
    found = itertools.islice(_SEAM.finditer(line.content), _MOST_SEAMS)
    seams = {match.start() if match["begin"] else match.end() for match in found}
    places = sorted({0, *seams, len(line.content)})
    for start, end in itertools.pairwise(places):
        is_last = end == len(line.content)
        yield Line(line.offset + start, line.content[start:end], line.ended and is_last)


def lines(descriptor: int) -> Iterator[Line]:
    """All lines of the file, good and bad, from where it is positioned. OSError."""
    start, rest = 0, b""
    while chunk := os.read(descriptor, _CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) >= frame.LINE_LIMIT_BYTES:
            length, after, ended = _skipped(descriptor, len(rest))
            yield from _whole_lines(start, whole)
            start += _length(whole)
            yield Line(start, b"", ended)
            start += length
            *whole, rest = after.split(b"\n")
        yield from _whole_lines(start, whole)
        start += _length(whole)
    if rest:
        yield Line(start, rest, False)


def _whole_lines(start: int, contents: list[bytes]) -> Iterator[Line]:
    for content in contents:
        length = len(content) + 1
        yield Line(start, content if length <= frame.LINE_LIMIT_BYTES else b"", True)
        start += length


def _length(contents: list[bytes]) -> int:
    return sum(map(len, contents)) + len(contents)


def _skipped(descriptor: int, length: int) -> tuple[int, bytes, bool]:
    """Passes over the rest of a line: its whole length, what follows it, whether it ended."""
    while chunk := os.read(descriptor, _CHUNK_BYTES):
        line, newline, rest = chunk.partition(b"\n")
        length += len(line) + len(newline)
        if newline:
            return length, rest, True
    return length, b"", False
