"""PURE: the strategy `relevance`: the latest rounds stay, and those older ones that matter most."""

from collections.abc import Iterator

from actors.decisions.context.parts import Group, Parts, Size
from actors.decisions.context.ranking import ranked
from actors.decisions.context.truncate import History
from storage.records.message import TextContent, ToolCallContent, ToolResultContent

LATEST_ROUNDS = 2


def most_relevant(history: History, room: int, size: Size) -> History | None:
    """What fits into `room` tokens; None if not even what must stay does.

    Taken as long as they fit: the turns of the last round from the newest back, summaries, the two
    rounds before it, then the others by what they have in common with the last request.
    """
    parts = Parts(history)
    if parts.size(range(len(parts.units)), size) <= room:
        return history
    keep = set(parts.kept)
    left = room - parts.size(keep, size)
    if left < 0:
        return None
    for group in _coming(parts):
        weight = parts.size(group, size)
        if weight <= left:
            keep.update(group)
            left -= weight
    return parts.history(keep)


def _coming(parts: Parts) -> Iterator[Group]:
    newest_first = parts.groups[::-1]
    yield from (group for group in newest_first if parts.is_current(group))
    earlier = [group for group in newest_first if not parts.is_current(group)]
    yield from (group for group in earlier if parts.is_summary(group[0]))
    rounds = [group for group in earlier if not parts.is_summary(group[0])]
    yield from rounds[:LATEST_ROUNDS]
    older = rounds[LATEST_ROUNDS:][::-1]
    question = "" if parts.asking is None else _text(parts, (parts.asking,))
    yield from (older[at] for at in ranked(question, [_text(parts, group) for group in older]))


def _text(parts: Parts, group: Group) -> str:
    said = []
    for message in parts.history(group):
        for block in message.content:
            match block:
                case TextContent():
                    said.append(block.text)
                case ToolResultContent():
                    said.append(block.content)
                case ToolCallContent():
                    said.append(f"{block.name} {block.args}")
                case _:
                    pass
    return "\n".join(said)
