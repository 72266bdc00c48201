"""PURE: what the requests journal says: which requests are open, and which ids are remembered.

Folds events into places, never keeps an answer: a place says in which file its line stands. It
changes in place, since it holds a month of ids; no clock, no file, no thread.
"""

import hashlib
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from storage.records.event import AnswerPublished, AnyEvent, RequestAccepted, RequestAnswered


class Place(Struct, frozen=True):
    """A line of the requests journal: of `day` (as YYYY-MM-DD), from byte `offset`."""

    day: str
    offset: int
    length: int


class OpenRequest(Struct, frozen=True, kw_only=True):
    """Accepted, and its answer is not known to stand in the outbox.

    `answer` is where it stands in the journal, None while there is none. `session_id` is the id
    allotted to the session that it creates. `sha256` is None where its id is not its own.
    """

    day: str
    sha256: str | None
    session_id: str | None
    answer: Place | None = None


class New(Struct, frozen=True):
    """Nobody asked under this id."""


class Same(Struct, frozen=True):
    """Asked before, in the same words. `answer` is where it stands, None while it is not there."""

    answer: Place | None


class Conflict(Struct, frozen=True):
    """The id belongs to a request in other words."""


class _Remembered(Struct, gc=False):
    day: str
    hash: bytes
    answer: Place | None = None


class RememberedIds:
    """The ids that requests chose themselves, with what was asked under each. For any front."""

    def __init__(self) -> None:
        self._known: dict[str, _Remembered] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, request_id: str) -> bool:
        return request_id in self._known

    def judge(self, request_id: str, sha256: str) -> New | Same | Conflict:
        """What a request with this id, and content of this hash, is."""
        known = self._known.get(request_id)
        if known is None:
            return New()
        return Same(known.answer) if known.hash.hex() == sha256 else Conflict()

    def begin(self, request_id: str, sha256: str, day: str) -> None:
        """It is asked now. Nothing if it is known already."""
        self._known.setdefault(request_id, _Remembered(day, bytes.fromhex(sha256)))

    def answered(self, request_id: str, answer: Place) -> None:
        """Nothing for an id that is not known."""
        known = self._known.get(request_id)
        if known is not None:
            known.answer = answer

    def withdraw(self, request_id: str) -> None:
        """It was not accepted after all."""
        self._known.pop(request_id, None)

    def forget(self, day: str) -> None:
        """All that was asked on that day."""
        self._known = {i: known for i, known in self._known.items() if known.day != day}


class RequestIndex:
    """`open` in order of acceptance; `attachments` by the day whose lines name them.

    `highest` is the highest counter of all ids that greenroom gave.
    """

    def __init__(self) -> None:
        self.open: dict[str, OpenRequest] = {}
        self.ids = RememberedIds()
        self.attachments: dict[str, set[str]] = {}
        self.highest = 0

    def apply(self, event: AnyEvent, place: Place) -> None:
        """What follows of an event whose line stands at `place`.

        What a lost day leaves without its beginning is passed over.
        """
        match event:
            case RequestAccepted():
                self._accepted(event, place.day)
            case RequestAnswered():
                self._answered(event, place)
            case AnswerPublished():
                self.open.pop(event.request_id, None)
            case _:
                return

    def _accepted(self, event: RequestAccepted, day: str) -> None:
        if event.sha256 is None:
            self.highest = max(self.highest, counter_of(event.request_id))
        else:
            self.ids.begin(event.request_id, event.sha256, day)
        self.open[event.request_id] = OpenRequest(
            day=day, sha256=event.sha256, session_id=event.session_id
        )

    def _answered(self, event: RequestAnswered, place: Place) -> None:
        if event.attachment is not None:
            self.attachments.setdefault(place.day, set()).add(event.attachment)
        request = self.open.get(event.request_id)
        if request is not None:
            self.open[event.request_id] = replace(request, answer=place)
            self.ids.answered(event.request_id, place)

    def needs(self, day: str) -> bool:
        """Whether a request is open that was accepted, or answered, on that day.

        Nobody waits for one under a key: whoever asked is told to ask again.
        """
        return any(
            request.day == day or (request.answer is not None and request.answer.day == day)
            for request_id, request in self.open.items()
            if not is_keyed(request_id)
        )

    def forget(self, day: str) -> frozenset[str]:
        """Lets go of a day; the attachments that nothing names any more."""
        self.ids.forget(day)
        self.open = {
            request_id: request
            for request_id, request in self.open.items()
            if not (is_keyed(request_id) and request.day == day)
        }
        gone = self.attachments.pop(day, set())
        return frozenset(gone.difference(*self.attachments.values()))


def content_sha256(request: dict[str, Any]) -> str:
    """Of what a request says, whatever its order and white space; in hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(request, order="sorted")).hexdigest()


def counter_of(request_id: str) -> int:
    """Of an id `<counter>-<stem>` that greenroom gave; 0 if it is none."""
    digits, dash, _ = request_id.partition("-")
    return int(digits) if dash and digits.isdigit() and digits.isascii() else 0


def stem_of(request_id: str) -> str:
    """Of an id that greenroom gave: the name of its file, without `.json`."""
    return request_id.partition("-")[2]


def id_of_key(key: str) -> str:
    """The id of a request that another front asks under a key; no file can choose it."""
    return f"key:{key}"


def is_keyed(request_id: str) -> bool:
    """Whether its answer goes back over a connection, and not into the outbox."""
    return request_id.startswith("key:")
