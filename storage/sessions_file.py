"""`sessions.json`: every session of a workspace, for people and for a fast start. A projection.

An entry is the session's own record with the end of its journal (`n`, `bytes`, `crc`) put in after
its id. `digest` tells an edit from a mere change of layout. The journals are the truth; what an
edit means is for who reads it. Whatever lies in its place when a new one is written comes out as a
claim, and is removed only if it is ours.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from storage import codec, durable, edit_claims, strict_json
from storage.bulk import no_garbage_collection
from storage.edit_claims import Claim, Stamp
from storage.errors import FileRefused
from storage.journal.frame import JournalEnd
from storage.records.session import Session
from storage.revisions import NAME, Numbers, Revisions

VERSION = 1
SIZE_LIMIT_BYTES = 256 << 20

Entry = tuple[Session, JournalEnd]


class SessionsFile(Struct, frozen=True):
    """What we wrote ourselves, unchanged but perhaps for its layout. Evidence.

    `lacks_fields`: sessions have fields by now that the greenroom which wrote it did not know.
    """

    revision: int
    entries: list[Entry]
    lacks_fields: bool = False


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
    """A file that somebody changed, starting from `revision`; nothing else in it is checked."""

    revision: int
    digest: str


class Outdated(Struct, frozen=True):
    """A list, as older formats had it."""


Verdict = SessionsFile | Missing | Broken | Edited | Outdated


class Written(Struct, frozen=True, kw_only=True):
    """What was put in place: its sessions, its `seal` and stamp, and what came out for it.

    `claim` is None unless that was somebody's who has not been heard yet.
    """

    numbers: Numbers
    seal: bytes
    stamp: Stamp
    claim: Claim | None


class _Outline(Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    revision: int
    digest: str
    sessions: msgspec.Raw


def write(
    path: Path,
    revision: int,
    entries: Iterable[Entry],
    *,
    previous: Mapping[str, int] | None,
    at: datetime,
    seal: bytes | None = None,
    revisions: Revisions | None = None,
) -> Written:
    """Puts the sessions in place at `path`, oldest first, whole or not at all.

    `previous`: the sessions of the revision before, each with its journal's last number; None if
    they are not known. What has changed since is on disk first, in `revisions`. `seal`: of what we
    put there last. StorageError: then `path` is as it was, or new but not durable, and the number
    must not be used again.
    """
    ordered = sorted(entries, key=lambda entry: (entry[0].created_at, entry[0].id))
    numbers = {session.id: end.n for session, end in ordered}
    sessions = _encoded(ordered)
    digest = _digest(revision, sessions)
    revisions = revisions or Revisions(path.with_name(NAME))
    revisions.append(revision, digest, numbers, previous, at)
    outline = _Outline(VERSION, revision, digest, msgspec.Raw(sessions))
    content = msgspec.json.format(codec.encode(outline), indent=2) + b"\n"
    placed = edit_claims.put_in_place(path, content)
    claim = placed.out
    if claim and is_ours(claim.path, seal) and edit_claims.release(claim):
        claim = None
    if claim:
        edit_claims.keep(claim)
    return Written(numbers=numbers, seal=seal_of(content), stamp=placed.stamp, claim=claim)


def seal_of(content: bytes) -> bytes:
    """Tells one content from every other."""
    return hashlib.sha256(content).digest()


def is_ours(path: Path, seal: bytes | None) -> bool:
    """Whether the file is one that we wrote. The one with this `seal` is known at a glance."""
    try:
        raw = durable.read_small(path, SIZE_LIMIT_BYTES, follow_links=False)
    except (FileRefused, OSError):
        return False
    return seal_of(raw) == seal or isinstance(judge(raw), SessionsFile)


def read(path: Path) -> Verdict:
    """What the file at `path` is. Fast for our own files, also with 10,000 sessions. OSError."""
    try:
        raw = durable.read_small(path, SIZE_LIMIT_BYTES, follow_links=False)
    except FileNotFoundError:
        return Missing()
    except FileRefused as error:
        return Broken(reason=str(error))
    return judge(raw)


def judge(raw: bytes) -> SessionsFile | Broken | Edited | Outdated:
    """What the content of such a file is."""
    if is_outdated(raw):
        return Outdated()
    with no_garbage_collection():
        try:
            return _judged(raw)
        except FileRefused as error:
            return _broken(raw, error)


def is_outdated(raw: bytes) -> bool:
    """Whether it is a list, as older formats had it, well-formed or not."""
    return raw.lstrip()[:1] == b"["


def _judged(raw: bytes) -> SessionsFile | Edited:
    compact = _compact(raw)
    outline: _Outline = codec.decode(compact, _Outline)
    if outline.version != VERSION:
        raise FileRefused(f"version {outline.version} is not {VERSION}", path="$.version")
    sessions = bytes(outline.sessions)
    is_ours = _digest(outline.revision, sessions) == outline.digest
    try:
        entries = _entries(sessions)
    except FileRefused:
        if is_ours:
            raise
        return Edited(outline.revision, outline.digest)
    if not is_ours and not _is_only_relaid(outline, entries):
        return Edited(outline.revision, outline.digest)
    if not is_ours or compact != codec.encode(outline):
        strict_json.parse(raw)  # of a key that stands there twice only the last was looked at
    return SessionsFile(outline.revision, entries, _lacks_fields(sessions, entries))


def _lacks_fields(sessions: bytes, entries: list[Entry]) -> bool:
    """All entries of a file are by the same program, so the first one tells."""
    if not entries:
        return False
    first: msgspec.Raw = codec.decode(sessions, list[msgspec.Raw])[0]
    return not set(entries[0][0].__struct_fields__) <= msgspec.json.decode(first).keys()


def _compact(raw: bytes) -> bytes:
    try:
        return bytes(msgspec.json.format(raw, indent=-1))
    except codec.BAD_JSON as error:
        raise codec.refusal(error) from error


def _entries(sessions: bytes) -> list[Entry]:
    records: list[Session] = codec.decode(sessions, list[Session])
    ends: list[JournalEnd] = codec.decode(sessions, list[JournalEnd])
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
        return Broken(reason=strict_json.EMPTY)
    try:
        strict_json.parse_as(raw, _Outline)
    except FileRefused as exact:
        error = exact
    line = error.line
    if line is None and error.path:
        line = strict_json.line_of(raw, error.path)
    return Broken(reason=str(error), line=line, path=error.path)


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
