"""What can be asked of a session's timers: to set one, which are open, and to take one back."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from storage.records.request_base import OfSession, Reference
from storage.records.timer import LONGEST_BYTES, YEAR_SECONDS


class SetTimer(OfSession, frozen=True, kw_only=True, tag="set-timer"):
    """`message` is given to the session as a request is, once: after `in_seconds`, or `at` a time
    with its zone.
    """

    message: Annotated[str, Meta(min_length=1, max_length=LONGEST_BYTES)]
    in_seconds: Annotated[float, Meta(ge=0, le=YEAR_SECONDS)] | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None


class ListTimers(OfSession, frozen=True, kw_only=True, tag="list-timers"):
    """Those that have not fired, the next one first."""


class CancelTimer(OfSession, frozen=True, kw_only=True, tag="cancel-timer"):
    """`timer_id`: an id, or the beginning of one."""

    timer_id: Reference
