"""PURE: what each context strategy does with a history, given the room that there is for it."""

from msgspec import Struct

from actors.decisions.context.parts import Size
from actors.decisions.context.relevance import most_relevant
from actors.decisions.context.room import Room
from actors.decisions.context.summaries import to_summarize
from actors.decisions.context.truncate import History, truncated, without_stuck
from storage.records.config import ContextStrategy

FULL_BELOW = 0.6
"""Shares of the window, for `adaptive`: below this one everything is sent."""
RELEVANT_TO = 0.8
"""Up to this one the most relevant, above it a summary."""
SUMMARIZE_TO = 0.5
"""A summary makes room down to this share, so that the next one is not needed soon."""


class Summarize(Struct, frozen=True):
    """These are to be replaced by a summary before anything can be sent.

    `tokens` is their size; a summary may take `most`.
    """

    span: History
    tokens: int
    most: int


def free(strategy: ContextStrategy | None, room: Room) -> int:
    """Up to so many tokens a history is left as it is."""
    return room.share(FULL_BELOW) if strategy == "adaptive" else room.most


def fit(
    strategy: ContextStrategy | None, history: History, room: Room, size: Size
) -> History | Summarize | None:
    """What is sent of a valid history, or what must be done first; None if nothing would fit.

    Without a strategy as with `truncate`: whatever does not fit would be refused by the API.
    """
    if sum(map(size, history)) > free(strategy, room):
        history = without_stuck(history, room.most, size)
    whole = sum(map(size, history))
    if whole <= free(strategy, room):
        return history
    if strategy == "adaptive" and whole <= room.share(RELEVANT_TO):
        return most_relevant(history, room.share(FULL_BELOW), size) or history
    found: History | None = None
    if strategy in {"summarize", "adaptive"}:
        span = to_summarize(history, room, room.share(SUMMARIZE_TO), size)
        if span:
            return Summarize(span, sum(map(size, span)), room.summary)
    elif strategy == "relevance":
        found = most_relevant(history, room.most, size)
    return found or truncated(history, room.most, size)
