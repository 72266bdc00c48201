"""A request file on its way to its answer, and several that are accepted with one line."""

from dataclasses import dataclass, field
from typing import Any

from actors import gateway
from storage.records import request as r
from storage.records.new_ids import new_id
from storage.records.request_kinds import READING_TYPES, is_ending
from storage.request_claims import Claim
from storage.request_files import Identity
from storage.request_index import content_sha256

MOST_WAITS = 5
"""So often a request waits for room: it may be larger than all the room that there is."""


@dataclass(eq=False, kw_only=True)
class Errand:
    """`reads`: it changes nothing, so it is not journaled. `ends`: it is done also unjournaled.

    `sha256` is of its content where its id is its own, `allotted` the id of the session that it
    creates. `again`: it was handed in before. `journaled`: the journal has it as accepted. `inode`
    is its file's while that has two names, `content` its answer once that may be published. It has
    several claims when it was dropped repeatedly. `weight` is what it counts, in bytes, among those
    on their way, `waits` how often it was handed in and found no room.
    """

    identity: Identity
    request: dict[str, Any]
    claims: list[Claim] = field(default_factory=list)
    reads: bool = False
    ends: bool = False
    streams: bool = False
    inode: int | None = None
    weight: int = 0
    waits: int = 0
    sha256: str | None = None
    allotted: str | None = None
    again: bool = False
    journaled: bool = False
    is_recovered: bool = False
    content: bytes | None = None

    @property
    def id(self) -> str:
        return self.identity.id


@dataclass(eq=False)
class Batch:
    """Errands in order, handed in together once it is `ready` and all before it were."""

    errands: list[Errand]
    ready: bool = False

    def changing(self) -> list[Errand]:
        """Those that are to be accepted first."""
        return [errand for errand in self.errands if not errand.reads and not errand.journaled]


def errand_of(request: dict[str, Any], identity: Identity) -> Errand:
    """What can be known of a request before it is taken. One that is refused changes nothing."""
    errand = Errand(identity=identity, request=request)
    if identity.explicit:
        errand.sha256 = content_sha256(request)
    kind = request.get("type")
    if isinstance(kind, str) and kind in READING_TYPES:
        errand.reads = True
        return errand
    asked = gateway.parse(request)
    if isinstance(asked, r.Answer):
        errand.reads = True
        return errand
    errand.ends = is_ending(asked)
    errand.streams = isinstance(asked, r.Request)
    if isinstance(asked, r.CreateSession | r.ForkSession):
        errand.allotted = new_id()
    return errand
