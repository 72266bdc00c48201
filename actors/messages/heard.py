"""PURE: events as those outside hear of them: flat, each with its session and its time.

`{"type", "session_id", "timestamp"}` and the fields of the event itself, the same on every front.
"""

from typing import Any, get_args

from msgspec import structs

from actors.messages.recording import Published
from storage.records.event import Event

EVENT_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in get_args(Event))
ENDED = "subscription-ended"
"""What a subscriber hears last when it was not he who ended it, with the `error` that did."""


def heard(notice: Published) -> list[dict[str, Any]]:
    """The events of one commit, in order. Their values are records, to be encoded or copied."""
    return [
        {
            "type": str(event.__struct_config__.tag),
            "session_id": notice.session_id,
            "timestamp": notice.at,
            **structs.asdict(event),
        }
        for event in notice.events
    ]
