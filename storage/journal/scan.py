"""Reads a journal from its first byte: the commits that are good, and the first line that is not.

Knows how lines hang together (numbers, `prev`). Changes nothing; what a bad line means is for
`repair`. Holds one line at most beside the commits, however long a line the file claims to have.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from storage.bulk import no_garbage_collection
from storage.errors import FileRefused, JournalCorrupt, JournalTooNew
from storage.journal import frame
from storage.journal.frame import JournalEnd

_CHUNK_BYTES = 1 << 20


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


class _Line(NamedTuple):
    """`content` is without its newline, and empty when it was too long. `ended`: it had one."""

    offset: int
    content: bytes
    ended: bool


def scan(descriptor: int, path: Path) -> Scan:
    """Reads the file, positioned at its start, to its end; `path` is for the errors.

    JournalCorrupt (with file, offset and number), JournalTooNew, OSError.
    """
    lines = _lines(descriptor)
    first = next(lines, _Line(0, b"", False))
    if not first.ended or not frame.is_whole(first.content):
        raise corrupt(path, 0, 0, "the first line is damaged")
    try:
        header = frame.decode_header(first.content)
        with no_garbage_collection():
            return _commits(lines, path, header, first.content)
    except JournalTooNew as error:
        raise JournalTooNew(f"{path}: {error}") from error
    except FileRefused as error:
        raise corrupt(path, 0, 0, str(error)) from error


def corrupt(path: Path, offset: int, number: int, reason: str) -> JournalCorrupt:
    return JournalCorrupt(
        f"{path}: {reason} (byte {offset}, number {number}). Nothing was"
        " changed; `greenroom verify` shows it, and a copy of the directory can be put back."
    )


def _commits(lines: Iterator[_Line], path: Path, header: frame.Header, first: bytes) -> Scan:
    commits: list[frame.Commit] = []
    number, size, crc = 0, len(first) + 1, frame.crc_of(first)
    fault = None
    for offset, content, ended in lines:
        if not ended or not frame.is_whole(content):
            fault = _fault(offset, number + 1, lines)
            break
        commit = _decoded(path, offset, number + 1, content)
        if commit.n != number + 1 or commit.prev != crc:
            reason = f"number {commit.n} stands where number {number + 1} should follow"
            raise corrupt(path, offset, number + 1, reason)
        commits.append(commit)
        number, size, crc = commit.n, offset + len(content) + 1, frame.crc_of(content)
    return Scan(header=header, commits=commits, end=JournalEnd(number, size, crc), fault=fault)


def _decoded(path: Path, offset: int, number: int, content: bytes) -> frame.Commit:
    try:
        return frame.decode_commit(content)
    except FileRefused as error:
        raise corrupt(path, offset, number, f"not a commit: {error}") from error


def _fault(offset: int, number: int, after: Iterator[_Line]) -> Fault:
    """A line after the bad one with its number or a smaller one proves that the order is broken."""
    confirmed = 0
    for line in after:
        if not frame.is_whole(line.content):
            continue
        try:
            found = frame.decode_envelope(line.content)
        except FileRefused:
            continue
        repeated = number if found.n <= number else 0
        confirmed = max(confirmed, found.synced, repeated)
    return Fault(offset=offset, number=number, confirmed=confirmed)


def _lines(descriptor: int) -> Iterator[_Line]:
    start, rest = 0, b""
    while chunk := os.read(descriptor, _CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) >= frame.LINE_LIMIT_BYTES:
            length, after, ended = _skipped(descriptor, len(rest))
            yield from _whole_lines(start, whole)
            start += _length(whole)
            yield _Line(start, b"", ended)
            start += length
            *whole, rest = after.split(b"\n")
        yield from _whole_lines(start, whole)
        start += _length(whole)
    if rest:
        yield _Line(start, rest, False)


def _whole_lines(start: int, contents: list[bytes]) -> Iterator[_Line]:
    for content in contents:
        length = len(content) + 1
        yield _Line(start, content if length <= frame.LINE_LIMIT_BYTES else b"", True)
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
