"""Timers as people are shown them. PURE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.cli.drawing import shortened
from actors.cli.phrases import lasting, moment

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

SAID_LIMIT = 60


def until(due: object, now: datetime) -> str:
    """How long it is until then: `3 min`; `now` where that has passed."""
    from datetime import datetime as reader

    try:
        seconds = (reader.fromisoformat(str(due)) - now).total_seconds()
    except (ValueError, TypeError):
        return ""
    return lasting(round(seconds)) if seconds > 0 else "now"


def said(timer: dict[str, Any]) -> str:
    """The beginning of its message, in one line."""
    return shortened(" ".join(str(timer.get("message")).split()), SAID_LIMIT)


def timer_phrase(timer: dict[str, Any], now: datetime) -> str:
    """For one of a session's fields."""
    due = timer.get("due")
    left = until(due, now)
    when = "due, and waits for the session" if left == "now" else f"in {left}"
    return f"{timer.get('timer_id')} at {moment(due)} ({when}): {said(timer)}"
