"""A message that a session is given later, at a time of the day that people and machines agree on.

Open ones stand in their session's record, the next one first; a timer that fired, or was cancelled,
stands in the journal alone.
"""

from msgspec import Struct

from storage.records.process import UtcTime

YEAR_SECONDS = 366 * 86400.0
"""So far ahead a timer may be set."""
LONGEST_BYTES = 10_000
"""Of a message. It stands in the session's record as long as it is open, with all the others."""


class Timer(Struct, frozen=True, gc=False, kw_only=True):
    """`due`: when `message` is given to the session as a request is, in UTC."""

    timer_id: str
    due: UtcTime
    message: str
    set_at: UtcTime
