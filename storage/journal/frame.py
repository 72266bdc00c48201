"""PURE: one line of a journal, from and to bytes. The format is in the package's docstring.

Promises that what it encodes it can decode. Numbers, chaining and files are left to `scan`.
"""

import zlib
from datetime import datetime
from typing import get_args

import msgspec
from msgspec import Struct

from storage import typed
from storage.codec import BAD_JSON, decode, encode, refusal
from storage.errors import FileRefused, JournalTooNew, LineTooLong
from storage.records.event import AnyEvent
from storage.records.process import UtcTime

FORMAT = 1
LINE_LIMIT_BYTES = 4 * 1024 * 1024
"""Of a whole line, newline included."""

_SUFFIX = b',"crc":"%08x"}'
_SUFFIX_BYTES = len(_SUFFIX % 0)
_LONGEST_NUMBER = 2**53


class JournalEnd(Struct, frozen=True):
    """Where a journal ends: the number of its last commit, its length, the last line's crc."""

    n: int
    bytes: int
    crc: str


class Header(Struct, frozen=True, kw_only=True):
    """The first line: whose journal this is, and in which format."""

    n: int = 0
    format: int = FORMAT
    session: str
    workspace: str
    at: UtcTime


class Commit(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """All events of one decision. `prev` is the crc of the line before, in hexadecimal."""

    n: int
    synced: int
    prev: str
    at: UtcTime
    request: str | None = None
    events: tuple[AnyEvent, ...]


class Envelope(Struct, frozen=True):
    """What can be known of a line without knowing its events."""

    n: int
    synced: int = 0


class _Format(Struct, frozen=True):
    n: int
    format: int


class _AnyEvent(Struct, frozen=True):
    type: str


class _AnyEvents(Struct, frozen=True):
    n: int
    events: tuple[_AnyEvent, ...]


_KNOWN_TYPES = frozenset(kind.__struct_config__.tag for kind in get_args(AnyEvent))
_commits: msgspec.json.Decoder[Commit] = typed.json_decoder(Commit)


def encode_header(header: Header) -> bytes:
    """The first line, newline included."""
    return _sealed(encode(header))


def encode_commit(commit: Commit) -> bytes:
    """A line, newline included.

    LineTooLong; ValueError for values that could not be read back (a time without zone, say).
    """
    line = _sealed(encode(commit))
    try:
        _commits.decode(line)
    except BAD_JSON as error:
        raise ValueError(f"commit {commit.n} could not be read back: {error}") from error
    return line


def require_fit(at: datetime, events: tuple[AnyEvent, ...], request: str | None = None) -> None:
    """LineTooLong if these events would not fit into one line, whatever its number."""
    encode_commit(
        Commit(
            n=_LONGEST_NUMBER,
            synced=_LONGEST_NUMBER,
            prev="00000000",
            at=at,
            request=request,
            events=events,
        )
    )


def is_whole(line: bytes) -> bool:
    """True if the line (without its newline) ends in its own right crc."""
    return line.endswith(_SUFFIX % zlib.crc32(line[:-_SUFFIX_BYTES]))


def crc_of(line: bytes) -> str:
    """The crc at the end of a whole line without its newline."""
    return line[-10:-2].decode("ascii")


def decode_header(line: bytes) -> Header:
    """A whole first line. FileRefused if it is no header; JournalTooNew with the format needed."""
    start: _Format = decode(line, _Format)
    if start.format > FORMAT:
        raise JournalTooNew(
            f"written in format {start.format}, and this greenroom knows formats up to {FORMAT}:"
            " start the later greenroom that wrote it"
        )
    if start.n != 0 or start.format < 1:
        raise FileRefused("the first line is not a header")
    header: Header = decode(line, Header)
    return header


def decode_commit(line: bytes) -> Commit:
    """A whole line. FileRefused if it is no commit; JournalTooNew naming what is not known."""
    try:
        return _commits.decode(line)
    except BAD_JSON as error:
        raise _too_new(line, error) from error


def decode_commits(lines: bytes) -> list[Commit]:
    """Of many whole lines, each with its newline. FileRefused if any is no commit that we know."""
    try:
        return _commits.decode_lines(lines)
    except BAD_JSON as error:
        raise refusal(error) from error


def decode_envelope(line: bytes) -> Envelope:
    """The number of a whole line, whoever wrote its events. FileRefused if it has none."""
    envelope: Envelope = decode(line, Envelope)
    return envelope


def _too_new(line: bytes, error: Exception) -> JournalTooNew:
    """Its crc is right, so a greenroom wrote it; since it is none of ours, a later one."""
    loose: _AnyEvents = decode(line, _AnyEvents)
    unknown = [event.type for event in loose.events if event.type not in _KNOWN_TYPES]
    what = f"an event {unknown[0]!r}" if unknown else f"something unknown ({error})"
    return JournalTooNew(
        f"number {loose.n} has {what}, which this greenroom does not know:"
        " start the later greenroom that wrote it"
    )


def _sealed(encoded: bytes) -> bytes:
    length = len(encoded) - 1 + _SUFFIX_BYTES + 1
    if length > LINE_LIMIT_BYTES:
        raise LineTooLong(
            f"{length} bytes do not fit into a journal line of {LINE_LIMIT_BYTES}:"
            " send less at once"
        )
    body = encoded[:-1]
    return b"%s%s\n" % (body, _SUFFIX % zlib.crc32(body))
