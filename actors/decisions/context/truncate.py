"""PURE: the strategy `truncate`: the oldest rounds go until the rest fits."""

from collections.abc import Iterator

from actors.decisions.context.parts import Group, Parts, Size
from storage.records.message import ChatMessage

History = tuple[ChatMessage, ...]


def without_stuck(history: History, room: int, size: Size) -> History:
    """The same without those rounds that were never answered and do not fit into `room` tokens.

    Their requests failed for their size, and would push out all that was said before them.
    """
    parts = Parts(history)
    needed = parts.size(parts.kept - {parts.opening}, size)
    stuck: set[int] = set()
    for group in parts.unanswered:
        if needed + parts.size(group, size) > room:
            stuck.update(group)
    return parts.history(set(range(len(parts.units))) - stuck) if stuck else history


def truncated(history: History, room: int, size: Size) -> History | None:
    """What fits into `room` tokens; None if not even what must stay does.

    Summaries go after the rounds, turns of the last round after these, and the first message of the
    user only if nothing else helps.
    """
    parts = Parts(history)
    keep = set(range(len(parts.units)))
    taken = parts.size(keep, size)
    for group in _leaving(parts):
        if taken <= room:
            break
        keep.difference_update(group)
        taken -= parts.size(group, size)
    return parts.history(keep) if taken <= room else None


def _leaving(parts: Parts) -> Iterator[Group]:
    earlier = [group for group in parts.groups if not parts.is_current(group)]
    yield from (group for group in earlier if not parts.is_summary(group[0]))
    yield from (group for group in earlier if parts.is_summary(group[0]))
    yield from (group for group in parts.groups if parts.is_current(group))
    if parts.opening is not None and parts.opening != parts.asking:
        yield (parts.opening,)
