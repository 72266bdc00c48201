"""PURE: events as those outside hear of them: flat, each with its session and its time.

`{"type", "session_id", "timestamp"}` and the fields of the event itself, the same on every front.
"""

from collections.abc import Collection
from typing import Any, get_args

from msgspec import structs

from actors.messages.recording import ActivityChanged, Heard
from storage.records.event import Event

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
    return [
        {
            "type": str(event.__struct_config__.tag),
            "session_id": notice.session_id,
            "timestamp": notice.at,
            **structs.asdict(event),
        }
        for event in notice.events
    ]
