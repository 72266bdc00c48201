"""PURE: a history with tool calls, as one of texts alone, for models without tools of their own.

Calls become what such a model would have written, results what it is told. Text of a result can
neither end it nor pass for a call: tags of ours in it get a backslash, which `results_in` takes
away again.
"""

import re
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from actors.decisions.text_calls import formatted
from storage import typed
from storage.records.message import (
    ChatMessage,
    Content,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)

RESULT = "<tool_result"
"""How a result begins. A model that writes one itself makes it up: it is stopped there."""

_TAG = re.compile(r"<(/?)(\\*)(?=tool_(?:call|result))")
_GUARDED = re.compile(r"<(/?)\\(\\*)(?=tool_(?:call|result))")
_RESULT = re.compile(
    r'<tool_result tool=("(?:[^"\\]|\\.)*")( status="error")?>\n(.*?)\n</tool_result>', re.DOTALL
)


class ToldResult(Struct, frozen=True, kw_only=True):
    """A result as the model is told it: of which tool, and whether it is an error."""

    tool: str
    content: str
    is_error: bool = False


def formatted_result(result: ToldResult) -> str:
    tool = _guarded(msgspec.json.encode(result.tool).decode())
    status = ' status="error"' if result.is_error else ""
    return f"{RESULT} tool={tool}{status}>\n{_guarded(result.content)}\n</tool_result>"


def results_in(text: str) -> tuple[ToldResult, ...]:
    """The results that a text holds, in order: the other way of `formatted_result`."""
    return tuple(
        ToldResult(
            tool=typed.json_decoder(str).decode(_unguarded(found[1])),
            content=_unguarded(found[3]),
            is_error=found[2] is not None,
        )
        for found in _RESULT.finditer(text)
    )


def as_text(history: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
    """Of a valid history. Results become messages of the user; images and the rest stay."""
    names: dict[str, str] = {}
    made = []
    for message in history:
        calls = [block for block in message.content if isinstance(block, ToolCallContent)]
        names |= {call.tool_call_id: call.name for call in calls}
        content = _joined([_as_text(block, names) for block in message.content])
        role = "user" if message.role == "tool" else message.role
        made.append(
            replace(message, role=role, content=content, tool_call_id=None, tool_calls=None)
        )
    return tuple(made)


def _as_text(block: Content, names: dict[str, str]) -> Content:
    match block:
        case ToolCallContent():
            return TextContent(formatted(block))
        case ToolResultContent():
            tool = names.get(block.tool_call_id, "")
            told = ToldResult(tool=tool, content=block.content, is_error=block.is_error)
            return TextContent(formatted_result(told))
        case _:
            return block


def _joined(content: Sequence[Content]) -> tuple[Content, ...]:
    """Neighbouring texts as one, each in a line of its own."""
    made: list[Content] = []
    for block in content:
        last = made[-1] if made else None
        if isinstance(last, TextContent) and isinstance(block, TextContent):
            gap = "" if last.text.endswith("\n") or not last.text else "\n"
            made[-1] = TextContent(f"{last.text}{gap}{block.text}")
        else:
            made.append(block)
    return tuple(made)


def _guarded(text: str) -> str:
    return _TAG.sub(r"<\1\\\2", text)


def _unguarded(text: str) -> str:
    return _GUARDED.sub(r"<\1\2", text)
