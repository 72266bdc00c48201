"""What is to be said of a turn beside its text: why it waits, what it took, how it ended. PURE.

Times are told in the reader's own zone.
"""

from __future__ import annotations

from actors.cli.phrases import joined, moment, money

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = dict[str, Any]

_ENDS = {
    "max_tokens": "it was cut off by its output limit; config.max_tokens in"
    " sessions.json allows more",
    "model_context_window_exceeded": "it was cut off: the conversation fills the model's window",
    "refusal": "the model refused",
}


def waiting_phrase(turn: Json) -> str:
    """Until when a failed call waits before it is made again, and why; empty if it does not."""
    until = turn.get("waits_until") or turn.get("until")
    return f"asked again at {moment(until)}: {turn.get('error')}" if until else ""


def cost_phrase(turn: Json) -> str:
    """What it cost, whether that is an estimate, and how often it was asked again."""
    retries = turn.get("retries") or 0
    return joined([
        money(turn.get("cost")) if turn.get("usage") else "",
        "estimated" if turn.get("estimated") else "",
        f"asked {retries + 1} times" if retries else "",
    ])  # fmt: skip


def end_phrase(turn: Json) -> str:
    """Why it ended where it did, if that needs saying."""
    return _ENDS.get(str(turn.get("stop_reason")), "")
