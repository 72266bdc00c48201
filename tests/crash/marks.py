"""PURE: what is said in a recording besides calls: what was begun, and what was acknowledged."""

from datetime import datetime

from msgspec import Struct

from storage.records.event import AnyEvent

Line = tuple[datetime, tuple[AnyEvent, ...], str | None]
"""A commit without what its place in the journal makes of it."""


class Begun(Struct, frozen=True):
    """These lines may be in the journal from now on, from number `first` on.

    `journal` is a session's id, or `requests/<day>`.
    """

    journal: str
    first: int
    lines: tuple[Line, ...]


class Kept(Struct, frozen=True):
    """The journal was acknowledged up to number `n`."""

    journal: str
    n: int


class Opened(Struct, frozen=True):
    """Whoever opened the journal was told that this is all of it, and on disk."""

    journal: str
    lines: tuple[Line, ...]


class TrashBegun(Struct, frozen=True):
    """The session may lie in the trash from now on."""

    session: str


class Trashed(Struct, frozen=True):
    """Its deletion was acknowledged."""

    session: str
    n: int


class PurgeBegun(Struct, frozen=True):
    """The session in the trash may be gone from now on."""

    session: str


class Purged(Struct, frozen=True):
    """It was said to be gone for good."""

    session: str


class Expired(Struct, frozen=True):
    """Of this day's requests journal nothing more is promised."""

    journal: str


class ImportBegun(Struct, frozen=True):
    """The session may be there from now on, whole."""

    session: str


class Imported(Struct, frozen=True):
    """It was said to be there."""

    session: str


class RestoreBegun(Struct, frozen=True):
    """The session may be back from now on."""

    session: str


class Restored(Struct, frozen=True):
    """It was said to be back."""

    session: str


class Dropped(Struct, frozen=True):
    """Somebody put a request into the inbox, durably."""

    name: str
    content: bytes


class Answered(Struct, frozen=True):
    """The request whose file was called so has its answer in the outbox, as `answer`."""

    name: str
    answer: str
    content: bytes


class Recorded(Struct, frozen=True):
    """The requests journal was said to have the answer of a request."""

    request_id: str
    content: bytes


class Published(Struct, frozen=True):
    """The requests journal was said to know that an answer was published."""

    request_id: str


class Edited(Struct, frozen=True):
    """Somebody saved `sessions.json` by hand, durably, to give a session a title."""

    content: bytes
    session: str
    title: str


class KeptForGood(Struct, frozen=True):
    """Somebody saved an old `sessions.json`, durably: what stands in it is never thrown away."""

    content: bytes


class Done(Struct, frozen=True):
    """A request was answered as done, and what it did is a commit of that session's journal."""

    session: str
    request_id: str


TrashMark = TrashBegun | Trashed | PurgeBegun | Purged | RestoreBegun | Restored
RequestMark = Dropped | Answered | Recorded | Published
AnyMark = (
    TrashMark
    | RequestMark
    | Begun
    | Kept
    | Opened
    | Expired
    | ImportBegun
    | Imported
    | Edited
    | KeptForGood
    | Done
)
