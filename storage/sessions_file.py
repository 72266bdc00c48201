"""`sessions.json`: every session of a workspace, for people and for a fast start. A projection.

An entry is the session's own record with the end of its journal (`n`, `bytes`, `crc`) put in after
its id. `digest` tells an edit from a mere change of layout. The journals are the truth; what an
edit means is for who reads it.
"""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from storage import codec, durable, strict_json
from storage.bulk import no_garbage_collection
from storage.errors import FileRefused
from storage.journal.frame import JournalEnd
from storage.records.process import UtcTime
from storage.records.session import Session

VERSION = 1
SIZE_LIMIT_BYTES = 256 << 20
REVISIONS_NAME = ".revisions.jsonl"

Entry = tuple[Session, JournalEnd]


class SessionsFile(Struct, frozen=True):
    """What we wrote ourselves, unchanged but perhaps for its layout. Evidence."""

    revision: int
    entries: list[Entry]


class Missing(Struct, frozen=True):
    """There is no such file."""


class Broken(Struct, frozen=True, kw_only=True):
    """Empty, not JSON, or not a list of sessions in this format."""

    reason: str
    line: int | None = None
    path: str | None = None

    @property
    def refusal(self) -> FileRefused:
        return FileRefused(self.reason, line=self.line, path=self.path)


class Edited(Struct, frozen=True):
    """A well-formed file that somebody changed, starting from `revision`."""

    revision: int


class Revision(Struct, frozen=True, kw_only=True):
    """A line of `.revisions.jsonl`. `added` and `removed` are against the revision before.

    A later line with the same or a smaller revision replaces those from it on: the file of the
    earlier line was never put in place.
    """

    revision: int
    digest: str
    at: UtcTime
    added: list[str]
    removed: list[str]


class _Outline(Struct, frozen=True):
    version: int
    revision: int
    digest: str
    sessions: msgspec.Raw


def write(
    path: Path,
    revision: int,
    entries: Iterable[Entry],
    *,
    previous_ids: Collection[str],
    at: datetime,
) -> frozenset[str]:
    """Puts the sessions in place at `path`, oldest first, whole or not at all; their ids.

    `previous_ids`: those of the revision before. A line in `.revisions.jsonl` beside it is on disk
    first. StorageError: then `path` is as it was.
    """
    ordered = sorted(entries, key=lambda entry: (entry[0].created_at, entry[0].id))
    ids = frozenset(session.id for session, _ in ordered)
    before = frozenset(previous_ids)
    sessions = _encoded(ordered)
    digest = _digest(revision, sessions)
    line = Revision(
        revision=revision,
        digest=digest,
        at=at,
        added=sorted(ids - before),
        removed=sorted(before - ids),
    )
    durable.append_line(path.with_name(REVISIONS_NAME), codec.encode(line) + b"\n")
    outline = _Outline(VERSION, revision, digest, msgspec.Raw(sessions))
    durable.replace_file(path, msgspec.json.format(codec.encode(outline), indent=2) + b"\n")
    return ids


def read(path: Path) -> SessionsFile | Missing | Broken | Edited:
    """What the file at `path` is. Fast for our own files, also with 10,000 sessions. OSError."""
    try:
        raw = durable.read_small(path, SIZE_LIMIT_BYTES)
    except FileNotFoundError:
        return Missing()
    except FileRefused as error:
        return Broken(reason=str(error))
    with no_garbage_collection():
        try:
            return _judged(raw)
        except FileRefused as error:
            return _broken(raw, error)


def _judged(raw: bytes) -> SessionsFile | Edited:
    outline: _Outline = codec.decode(raw, _Outline)
    if outline.version != VERSION:
        raise FileRefused(f"version {outline.version} is not {VERSION}", path="$.version")
    written = bytes(msgspec.json.format(bytes(outline.sessions), indent=-1))
    is_ours = _digest(outline.revision, written) == outline.digest
    try:
        entries = _entries(outline.sessions)
    except FileRefused:
        if is_ours:
            raise
        codec.decode(bytes(outline.sessions), list[dict[str, Any]])
        return Edited(outline.revision)
    if is_ours or _is_only_relaid(outline, entries):
        return SessionsFile(outline.revision, entries)
    return Edited(outline.revision)


def _entries(sessions: msgspec.Raw) -> list[Entry]:
    records: list[Session] = codec.decode(bytes(sessions), list[Session])
    ends: list[JournalEnd] = codec.decode(bytes(sessions), list[JournalEnd])
    return list(zip(records, ends, strict=True))


def _is_only_relaid(outline: _Outline, entries: list[Entry]) -> bool:
    """True if the same values stand there in another order of keys, or spelt in another way."""
    sessions = _encoded(entries)
    if _digest(outline.revision, sessions) != outline.digest:
        return False
    return bool(msgspec.json.decode(outline.sessions) == msgspec.json.decode(sessions))


def _broken(raw: bytes, error: FileRefused) -> Broken:
    """Slower, for its sake of line and path."""
    if not raw.strip(b"\0 \t\r\n"):
        return Broken(reason="empty, or nothing but NUL bytes")
    try:
        strict_json.parse_as(raw, _Outline)
    except FileRefused as exact:
        error = exact
    return Broken(reason=str(error), line=error.line, path=error.path)


def _encoded(entries: Iterable[Entry]) -> bytes:
    return b"[%s]" % b",".join(_spliced(session, end) for session, end in entries)


def _spliced(session: Session, end: JournalEnd) -> bytes:
    record = codec.encode(session)
    marker = b'"id":"%s",' % session.id.encode()
    position = record.index(marker) + len(marker)
    where = b'"n":%d,"bytes":%d,"crc":"%s",' % (end.n, end.bytes, end.crc.encode())
    return record[:position] + where + record[position:]


def _digest(revision: int, sessions: bytes) -> str:
    compact = b'{"revision":%d,"sessions":%s}' % (revision, sessions)
    return f"sha256:{hashlib.sha256(compact).hexdigest()}"
