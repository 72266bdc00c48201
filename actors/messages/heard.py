"""PURE: events as those outside hear of them: flat, each with its session and its time.

`{"n", "type", "session_id", "timestamp"}` and the fields of the event itself, the same on every
front. All events of one line of a journal have its number `n`; a signal has none.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, get_args

from msgspec import structs

from actors.messages.recording import ActivityChanged, Heard
from storage.records.event import AnyEvent, Event

ACTIVITY = "worker-activity"
"""A signal, which no journal holds: only those hear of it who ask for it by this name."""
EVENT_TYPES = frozenset({ACTIVITY, *(str(k.__struct_config__.tag) for k in get_args(Event))})
ENDED = "subscription-ended"
"""What a subscriber hears last when it was not he who ended it, with the `error` that did."""


def is_wanted(event_type: str, wanted: Collection[str] | None) -> bool:
    """Whether who asked for events of these types is told of it; None: of all but signals."""
    return event_type != ACTIVITY if wanted is None else event_type in wanted


def heard(notice: Heard) -> list[dict[str, Any]]:
    """The events of one commit, in order. Their values are records, to be encoded or copied."""
    if isinstance(notice, ActivityChanged):
        return [
            {
                "type": ACTIVITY,
                "session_id": notice.session_id,
                "timestamp": notice.at,
                "worker_id": notice.worker_id,
                "activity": notice.activity,
            }
        ]
    return in_journal(notice.session_id, notice.n, notice.at, notice.events)


def in_journal(
    session_id: str, n: int, at: datetime, events: Iterable[AnyEvent]
) -> list[dict[str, Any]]:
    """The events of line `n`, in order, as they are heard of."""
    return [
        {
            "n": n,
            "type": str(event.__struct_config__.tag),
            "session_id": session_id,
            "timestamp": at,
            **structs.asdict(event),
        }
        for event in events
    ]
