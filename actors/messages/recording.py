"""What is told to whoever listens: events once they are durable, and signals that are not kept."""

from datetime import datetime

from msgspec import Struct

from storage.records.conversation import TurnGrew
from storage.records.event import Event
from storage.records.session import Session
from storage.records.worker import Activity


class Published(Struct, frozen=True):
    """The events of one durable commit, and the session after it (None once it is deleted).

    `n`: the number of its line in the session's journal.
    """

    session_id: str
    n: int
    at: datetime
    events: tuple[Event, ...]
    session: Session | None


class ActivityChanged(Struct, frozen=True):
    """A signal: what a worker is doing since `at`; None once it runs no more."""

    session_id: str
    worker_id: str
    at: datetime
    activity: Activity | None


class StoreChanged(Struct, frozen=True):
    """A signal: whether changes are kept, and which sessions are quarantined, may be otherwise now;
    who wants to know looks. It is of no session.
    """

    session_id: None = None


Heard = Published | ActivityChanged
"""What those outside hear of, each as events of its own type."""

Notice = Heard | TurnGrew | StoreChanged
