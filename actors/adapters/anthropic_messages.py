"""PURE: our records as messages of the Messages API, and back.

What goes out is always valid: the first message is the user's, user and assistant alternate, no
text block is empty, and each tool call is followed by exactly one result, results first. Blocks of
another provider stay behind. What one block becomes is known to `anthropic_blocks`.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from actors.adapters.anthropic_blocks import (
    Block,
    assistant_block,
    content_block,
    text_block,
    user_block,
)
from actors.adapters.tool_names import ToolNames, wire_name
from storage.records.message import (
    ChatMessage,
    Content,
    Role,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)
from storage.records.tool import Tool

OPENING = "(The conversation starts with the assistant.)"
EMPTY = "(empty message)"
UNKNOWN_OUTCOME = "interrupted: the outcome of this call is unknown"
_WRAPPED: dict[Role, tuple[str, str]] = {
    "summary": ("<conversation_summary>\n", "\n</conversation_summary>"),
    "function": ("<function_result>\n", "\n</function_result>"),
}


class ProviderHistory(NamedTuple):
    """`system`: texts of the system messages, to be added to the prompt. `messages`: the rest."""

    system: tuple[str, ...]
    messages: list[dict[str, Any]]


def to_provider(history: Iterable[ChatMessage]) -> ProviderHistory:
    """The `messages` parameter of a request, and what belongs to its system prompt."""
    system = tuple(m.text for m in history if m.role == "system" and m.text.strip())
    spoken = [m for m in history if m.role != "system"]
    messages = [
        {"role": role, "content": blocks}
        for role, group in groupby(_sides(spoken), key=lambda side: side[0])
        if (blocks := [block for _, block in group])
    ]
    if messages and messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": [text_block(OPENING)]})
    return ProviderHistory(system, _with_results(messages))


def from_provider(
    provided: ProviderHistory,
    names: ToolNames,
    new_id: Callable[[], str],
    created_at: datetime,
) -> tuple[ChatMessage, ...]:
    """The same as records: each tool result a message of its own, before the user's text."""
    parts: list[tuple[Role, tuple[Content, ...]]] = [
        ("system", (TextContent(text),)) for text in provided.system
    ]
    for message in provided.messages:
        if message["content"] != [text_block(OPENING)]:
            content = tuple(content_block(block, names) for block in message["content"])
            parts.extend(_records(message["role"], content))
    return tuple(
        ChatMessage(
            id=new_id(),
            role=role,
            content=content,
            created_at=created_at,
            tool_call_id=_call_id(role, content),
        )
        for role, content in parts
    )


def tool_params(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """The `tools` parameter of a request."""
    return [
        {
            "name": wire_name(tool.name),
            "description": tool.description,
            "input_schema": {"type": "object", **tool.input_schema},
        }
        for tool in tools
    ]


def system_blocks(system: tuple[str, str], additions: tuple[str, ...] = ()) -> list[Block]:
    """The stable part, and the volatile one with what the history adds to it."""
    stable, volatile = system[0], "\n\n".join(text for text in (system[1], *additions) if text)
    return [text_block(part) for part in (stable, volatile) if part.strip()]


def _sides(history: Iterable[ChatMessage]) -> Iterator[tuple[str, Block]]:
    for message in history:
        if message.role == "assistant":
            for block in map(assistant_block, _with_calls(message)):
                if block is not None:
                    yield "assistant", block
        else:
            blocks = [block for block in map(user_block, _heard(message)) if block is not None]
            yield from (("user", block) for block in blocks or [text_block(EMPTY)])


def _with_calls(message: ChatMessage) -> tuple[Content, ...]:
    """The content, and those of `tool_calls` that it lacks."""
    known = {b.tool_call_id for b in message.content if isinstance(b, ToolCallContent)}
    calls = message.tool_calls or ()
    return (*message.content, *(call for call in calls if call.tool_call_id not in known))


def _heard(message: ChatMessage) -> tuple[Content, ...]:
    """A message that is not the assistant's, as what the user says."""
    results = any(isinstance(block, ToolResultContent) for block in message.content)
    if message.role in {"tool", "function"} and message.tool_call_id and not results:
        result = ToolResultContent(tool_call_id=message.tool_call_id, content=message.text)
        others = (block for block in message.content if not isinstance(block, TextContent))
        return (result, *others)
    if message.role in _WRAPPED and message.text:
        before, after = _WRAPPED[message.role]
        others = (block for block in message.content if not isinstance(block, TextContent))
        return (TextContent(f"{before}{message.text}{after}"), *others)
    return message.content


def _with_results(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each user message with one result per call of the message before it, results first."""
    done: list[dict[str, Any]] = []
    calls: list[str] = []
    for message in [*messages, {"role": "user", "content": []}]:
        content = message["content"]
        heard = message["role"] == "user"
        content = _answered(calls, content) if heard else _calls_once(content)
        if content:
            done.append({"role": message["role"], "content": content})
        calls = [block["id"] for block in content if block["type"] == "tool_use"]
    return done


def _calls_once(content: list[Block]) -> list[Block]:
    """Without a second call of the same id, which the API would refuse."""
    first: dict[str, Block] = {}
    return [b for b in content if b["type"] != "tool_use" or first.setdefault(b["id"], b) is b]


def _answered(calls: list[str], content: list[Block]) -> list[Block]:
    results = {b["tool_use_id"]: b for b in content if b["type"] == "tool_result"}
    missing = ToolResultContent(tool_call_id="", content=UNKNOWN_OUTCOME, is_error=True)
    answers = [
        results.get(call) or {**(user_block(missing) or {}), "tool_use_id": call} for call in calls
    ]
    rest = [
        _orphan(block) if block["type"] == "tool_result" else block
        for block in content
        if block["type"] != "tool_result" or block["tool_use_id"] not in calls
    ]
    return answers + rest


def _orphan(block: Block) -> Block:
    """A result whose call is not there: its text, for the API would refuse the result."""
    return text_block(f"[result of an earlier tool call]\n{block.get('content', '')}")


def _records(side: str, content: tuple[Content, ...]) -> Iterator[tuple[Role, tuple[Content, ...]]]:
    if side == "assistant":
        yield "assistant", content
        return
    for block in content:
        if isinstance(block, ToolResultContent):
            yield "tool", (block,)
    rest = tuple(block for block in content if not isinstance(block, ToolResultContent))
    for wrapped, group in groupby(rest, key=_wrapped_role):
        blocks = tuple(group)
        if wrapped is None:
            yield "user", blocks
        else:
            yield from ((wrapped, (_unwrapped(wrapped, block),)) for block in blocks)


def _wrapped_role(block: Content) -> Role | None:
    if not isinstance(block, TextContent):
        return None
    for role, (before, after) in _WRAPPED.items():
        if block.text.startswith(before) and block.text.endswith(after):
            return role
    return None


def _unwrapped(role: Role, block: Content) -> Content:
    before, after = _WRAPPED[role]
    assert isinstance(block, TextContent)
    return TextContent(block.text[len(before) : len(block.text) - len(after)])


def _call_id(role: Role, content: tuple[Content, ...]) -> str | None:
    if role == "tool" and isinstance(content[0], ToolResultContent):
        return content[0].tool_call_id
    return None
