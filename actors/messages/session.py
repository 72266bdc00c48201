"""What is said to the directory and to sessions."""

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct, field

from actors.messages.budget import ReserveBudget, SettleBudget
from storage.journal.frame import JournalEnd
from storage.records.conversation import TurnGrew
from storage.records.process import EndedProcess
from storage.records.request import AnyRequest, OfSession, Refusal
from storage.records.session import Session


class Reply:
    """Answers one request, once; what comes after the first answer is dropped.

    `send` may be called from any thread; `deliver` runs in it and must be short.
    """

    __slots__ = ("_deliver",)

    def __init__(self, deliver: Callable[[Any], object]) -> None:
        self._deliver: Callable[[Any], object] | None = deliver

    def send(self, value: Any) -> None:
        """`value` is the answer's data, or a Refusal."""
        deliver, self._deliver = self._deliver, None
        if deliver:
            deliver(value)

    def as_not_durable(self) -> "Reply":
        """The same, for what is done before its line is on the disk."""
        return Reply(lambda value: self.send(value if _says_no(value) else NotDurable(value)))


def _says_no(value: Any) -> bool:
    return isinstance(value, Refusal)


class NotDurable(Struct, frozen=True):
    """An answer whose change is done and not on the disk yet."""

    value: Any


class AdoptSession(OfSession, frozen=True, kw_only=True, tag="adopt-session"):
    """Take in a session that an older format knew; `session` is its id. For our own use alone."""

    record: Session


class RecordEndedOrphans(OfSession, frozen=True, kw_only=True, tag="record-ended-orphans"):
    """Processes of a worker were ended that nobody claimed. Said by the sweeper alone."""

    worker_id: str
    processes: tuple[EndedProcess, ...]


class EndOverLimit(OfSession, frozen=True, kw_only=True, tag="end-over-limit"):
    """Its processes are more than a limit allows; `by` has most of it. For our own use alone."""

    by: str
    limit: Literal["processes", "memory_bytes"]
    most: int
    found: int
    text: str


class FireTimers(OfSession, frozen=True, kw_only=True, tag="fire-timers"):
    """A timer of it may be due. Said by the directory alone."""


class ShutDown(OfSession, frozen=True, kw_only=True, tag="shut-down"):
    """The daemon ends with its workers: end every process; what the user wants stays as it is.

    Said by the daemon alone, so it is no request that a front takes.
    """


class GetRecord(OfSession, frozen=True, kw_only=True, tag="get-record"):
    """The record when all that was asked before is durable. Said by the directory alone."""


Follow = Callable[[TurnGrew], object]


class Dispatch(Struct, frozen=True):
    """A request from a front, to the directory and from there to a session.

    `follow` hears of the turns that answer it while they grow. `once`: its id is its own for ever,
    and it may be handed in again; what was done under that id is not done a second time.
    `again`: it was handed in before, so a journal may hold what it did. `allotted`: the id that a
    session gets which it creates. `in_order`: a look-up shows what its session was asked before it,
    and nothing later. `by`: the front that it came by. `caller`: the id of the session that asks
    for itself, None for a person and whoever speaks for one.
    """

    request: (
        AnyRequest
        | ShutDown
        | AdoptSession
        | GetRecord
        | RecordEndedOrphans
        | EndOverLimit
        | FireTimers
        | ReserveBudget
        | SettleBudget
    )
    reply: Reply
    request_id: str | None = None
    follow: Follow | None = None
    once: bool = False
    again: bool = False
    allotted: str | None = None
    in_order: bool = False
    by: str = "program"
    caller: str | None = None


class Advanced(Struct, frozen=True):
    """A session's durable state moved on; told to the directory. `session` is None once deleted."""

    session_id: str
    session: Session | None
    end: JournalEnd
    deleting: bool = False


class OpenWorkspace(Struct, frozen=True):
    """Load a workspace whose directory was made while we ran; told to the directory."""

    name: str


class Idle(Struct, frozen=True):
    """The session has had nothing to do for a while and could be passivated.

    `requests`: how many its actor has come to so far; one more on its way keeps it awake.
    """

    session_id: str
    requests: int


class Disposed(Struct, frozen=True):
    """The session is deleted and nothing of it runs: its files can go, then the replies.

    `told`: what they say.
    """

    session_id: str
    workspace: str
    end: JournalEnd
    replies: tuple[Reply, ...]
    told: dict[str, Any] = field(default_factory=lambda: {"deleted": True})
