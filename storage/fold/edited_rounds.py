"""PURE: a message that is changed by hand is changed in the rounds that quote it too.

The calls that a turn made stay as they ran; only what was said, asked and answered changes.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from storage.records.conversation import Round, ToolCall, Turn
from storage.records.message import ChatMessage, ToolResultContent
from storage.state import SessionState


def with_message(state: SessionState, message: ChatMessage) -> SessionState:
    """The state whose rounds say what the message says now."""
    finished = state.rounds
    for changed in _changed(finished, message):
        finished = finished.replace(changed)
    changed_open = {one.id: one for one in _changed(state.open_rounds, message)}
    still_open = tuple(changed_open.get(one.id, one) for one in state.open_rounds)
    return replace(state, rounds=finished, open_rounds=still_open)


def _changed(rounds: Iterable[Round], message: ChatMessage) -> list[Round]:
    """Those that quote it, changed: one at most, as a message belongs to one round."""
    both = ((before, _round(before, message)) for before in rounds)
    return [after for before, after in both if after is not before]


def _round(found: Round, message: ChatMessage) -> Round:
    if found.request.id == message.id:
        return replace(found, request=message)
    if message.role not in {"assistant", "tool"}:
        return found
    turns = tuple(_turn(turn, message) for turn in found.turns)
    same = all(after is before for after, before in zip(turns, found.turns, strict=True))
    return found if same else replace(found, turns=turns)


def _turn(turn: Turn, message: ChatMessage) -> Turn:
    if turn.message_id == message.id:
        return replace(turn, content=message.content)
    calls = tuple(_call(call, message) for call in turn.tool_calls)
    same = all(after is before for after, before in zip(calls, turn.tool_calls, strict=True))
    return turn if same else replace(turn, tool_calls=calls)


def _call(call: ToolCall, message: ChatMessage) -> ToolCall:
    if call.message_id != message.id:
        return call
    results = (block for block in message.content if isinstance(block, ToolResultContent))
    return replace(call, result=next(results, call.result))
