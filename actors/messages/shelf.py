"""What is said to the directory when a session came out of the trash, or from elsewhere."""

from datetime import datetime

from msgspec import Struct

from actors.messages.session import Reply
from storage.journal.frame import JournalEnd
from storage.records.event import SessionRestored
from storage.records.session import Session


class TakenIn(Struct, frozen=True):
    """The session stands among the others on disk, stopped; its journal ends at `end`."""

    session: Session
    end: JournalEnd
    event: SessionRestored
    at: datetime
    reply: Reply
