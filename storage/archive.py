"""The form of an exported session: a gzipped tar whose first member says what all others are.

    manifest.json                       this module's `Manifest`
    journal.jsonl                       up to its last whole line
    attachments/<sha256>                what was too large for a line
    terminals/<worker-id>/<segment>     the output of its terminals

Only plain files in this order and under these names; whoever reads one refuses everything else.
"""

import re
from collections.abc import Iterable

from msgspec import Struct

from storage import codec
from storage.errors import FileRefused
from storage.journal.frame import JournalEnd
from storage.records.ids import is_id
from storage.records.process import UtcTime

FORMAT = 1
MANIFEST = "manifest.json"
JOURNAL = "journal.jsonl"
ATTACHMENTS = "attachments"
TERMINALS = "terminals"
MANIFEST_LIMIT_BYTES = 16 << 20
BLOCK_BYTES = 512

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SEGMENT = re.compile(r"\d{1,20}-\d{1,20}\.out")


class Member(Struct, frozen=True):
    """A file of the session; `sha256` in lower-case hexadecimal."""

    name: str
    bytes: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """`end` is that of the journal; `greenroom` the version that wrote it."""

    format: int = FORMAT
    session: str
    workspace: str
    title: str
    end: JournalEnd
    greenroom: str
    at: UtcTime
    members: tuple[Member, ...]


class _Format(Struct, frozen=True):
    format: int


def is_member(name: str) -> bool:
    """True for the names that a session's files have here."""
    match name.split("/"):
        case ["journal.jsonl"]:
            return True
        case ["attachments", sha256]:
            return _SHA256.fullmatch(sha256) is not None
        case ["terminals", worker_id, segment]:
            return is_id(worker_id) and _SEGMENT.fullmatch(segment) is not None
        case _:
            return False


def decode(raw: bytes) -> Manifest:
    """A manifest that can be followed. FileRefused with what is wrong with it."""
    outline: _Format = codec.decode(raw, _Format)
    if outline.format != FORMAT:
        raise FileRefused(
            f"it was exported in format {outline.format}, and this greenroom knows format {FORMAT}:"
            " import it with the greenroom that wrote it"
        )
    manifest: Manifest = codec.decode(raw, Manifest)
    if not is_id(manifest.session):
        raise FileRefused(f"{manifest.session[:80]!r} cannot be a session's id")
    _require_members(manifest.members)
    return manifest


def _require_members(members: tuple[Member, ...]) -> None:
    names = [member.name for member in members]
    if names[:1] != [JOURNAL]:
        raise FileRefused("its manifest does not begin with the journal")
    if len(set(names)) != len(names):
        raise FileRefused("its manifest names a file twice")
    for member in members:
        if not is_member(member.name):
            raise FileRefused(f"{member.name[:200]!r} is no file of a session")
        if member.bytes < 0 or _SHA256.fullmatch(member.sha256) is None:
            raise FileRefused(f"its manifest says nothing possible of {member.name}")
        if member.name.startswith(ATTACHMENTS) and not member.name.endswith(member.sha256):
            raise FileRefused(f"{member.name} is not what its name says")


def unpacked_bytes(members: Iterable[Member]) -> int:
    """How long the tar is with these members, at the most, its end included."""
    blocks = sum(-(-member.bytes // BLOCK_BYTES) + 1 for member in members)
    return blocks * BLOCK_BYTES + 20 * BLOCK_BYTES
