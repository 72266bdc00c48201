"""What is said to the directory when a session came to be by files: from the trash, by a fork …"""

from datetime import datetime

from msgspec import Struct

from actors.messages.session import Reply
from storage.journal.frame import JournalEnd
from storage.records.event import SessionForked, SessionRestored
from storage.records.session import Session


class TakenIn(Struct, frozen=True):
    """The session stands among the others on disk; its journal ends at `end`."""

    session: Session
    end: JournalEnd
    event: SessionRestored | SessionForked
    at: datetime
    reply: Reply
