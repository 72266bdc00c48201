"""What keeps the journals of sessions, as two small Protocols.

A `Log` belongs to one owner at a time and to one thread at a time. What is acknowledged stays, and
what is refused was not done; all failures of the place itself are `StorageError`s.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from storage.attachments import Attachment
from storage.journal.frame import Commit, JournalEnd
from storage.journal.log import Draft


class Log(Protocol):
    """The journal of one session, open for more."""

    @property
    def end(self) -> JournalEnd:
        """The end of what is acknowledged; number 0 before the first append."""
        ...

    def append(self, drafts: Sequence[Draft], apart: Iterable[Attachment] = ()) -> list[int]:
        """One commit per draft, all or none of them; their numbers. `apart` is kept before them.

        LineTooLong and every other StorageError: nothing was added. ValueError: a draft that could
        not be read back, or a closed log.
        """
        ...

    def close(self) -> None:
        """Let go of it. Closing twice does nothing."""
        ...


class Backend(Protocol):
    """The journals of the sessions of one workspace. Ids are never used again, those of discarded
    ones included.
    """

    def create(self, session_id: str, at: datetime) -> Log:
        """A log that comes to be with its first append. FileExistsError for an id that was used."""
        ...

    def open(self, session_id: str) -> tuple[Log, list[Commit]]:
        """The log and all that it holds. JournalMissing, JournalCorrupt, JournalTooNew."""
        ...

    def sessions(self) -> set[str]:
        """The ids of all that are kept, those that cannot be opened included."""
        ...

    def discard(self, session_id: str, n: int) -> None:
        """Put a closed log, whose last number is `n`, out of the way, whole; twice is once."""
        ...
