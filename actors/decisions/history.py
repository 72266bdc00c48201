"""PURE: what of a conversation may be sent to a model.

Providers refuse a history in which a tool call lacks its result, a result its call, or a message
its content; after a crash or an edit by hand all of these occur. What is recorded stays as it is:
this makes a sendable copy, and making it twice changes nothing.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from storage.records.message import (
    ChatMessage,
    Content,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)

UNKNOWN_OUTCOME = "interrupted: the outcome of this call is unknown"

_Results = dict[str, ChatMessage]


def distinct_calls(content: Sequence[Content]) -> tuple[Content, ...]:
    """The blocks of one turn, every call of it under an id of its own.

    Models that number their calls themselves give one id to several, or none at all.
    """
    used = {block.tool_call_id for block in content if isinstance(block, ToolCallContent)}
    seen: set[str] = {""}
    made: list[Content] = []
    for block in content:
        if isinstance(block, ToolCallContent) and block.tool_call_id in seen:
            free = _free(block.tool_call_id or "call", used)
            made.append(replace(block, tool_call_id=free))
        else:
            made.append(block)
            seen |= {block.tool_call_id} if isinstance(block, ToolCallContent) else set()
    return tuple(made)


def valid_history(messages: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
    """The messages that may be sent, in order.

    Every tool call stands in the `content` of an assistant message, under an id of its own, and is
    followed at once by one message of role `tool` with its result: the first one recorded after it,
    or an error that says UNKNOWN_OUTCOME. An id that a model gave to a second call gets a number.
    Blank text and messages without content are dropped, as are results without a call and whatever
    comes before the first message of the user (system messages stay; a summary counts as the
    user's, since it stands for what the user said first).
    """
    pieces = [piece for message in messages for piece in _pieces(message) if piece.content]
    return tuple(_paired(_distinct(_from_first_user(pieces))))


def _pieces(message: ChatMessage) -> Iterator[ChatMessage]:
    """The message without what it may not hold, then each result in it as a `tool` message."""
    if not _is_answer(message):
        yield replace(message, content=tuple(_allowed(message)))
    yield from _results(message)


def _is_answer(message: ChatMessage) -> bool:
    """True for what stands for the result of a call and for nothing else."""
    has_call = message.tool_call_id is not None
    return message.role == "tool" or (message.role == "function" and has_call)


def _results(message: ChatMessage) -> Iterator[ChatMessage]:
    found = [block for block in message.content if isinstance(block, ToolResultContent)]
    if not found and _is_answer(message) and message.tool_call_id is not None:
        found = [ToolResultContent(tool_call_id=message.tool_call_id, content=message.text)]
    for number, result in enumerate(found):
        whole = message.role == "tool" and len(found) == 1
        message_id = message.id if whole else f"{message.id}-{number}"
        yield _result_message(message, message_id, result)


def _result_message(source: ChatMessage, message_id: str, result: ToolResultContent) -> ChatMessage:
    return ChatMessage(
        id=message_id,
        role="tool",
        content=(result,),
        created_at=source.created_at,
        tool_call_id=result.tool_call_id,
        metadata=source.metadata if source.role == "tool" else None,
    )


def _allowed(message: ChatMessage) -> Iterator[Content]:
    listed = message.tool_calls or ()
    given = {block.tool_call_id for block in message.content if isinstance(block, ToolCallContent)}
    extra = [call for call in listed if call.tool_call_id not in given]
    for block in (*message.content, *extra):
        match block:
            case TextContent(text=text) if not text.strip():
                continue
            case ToolResultContent():
                continue
            case ToolCallContent() if message.role != "assistant":
                continue
            case _:
                yield block


def _from_first_user(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    roles = [message.role for message in messages]
    first = next((at for at, role in enumerate(roles) if role in {"user", "summary"}), len(roles))
    leading = [message for message in messages[:first] if message.role == "system"]
    return [*leading, *messages[first:]]


def _distinct(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The same with an id of its own for every call; a result goes to the latest call before it."""
    latest: dict[str, str] = {}
    used = {
        block.tool_call_id
        for message in messages
        for block in message.content
        if isinstance(block, ToolCallContent | ToolResultContent)
    }
    made = []
    for message in messages:
        content = tuple(_renamed(block, latest, used) for block in message.content)
        renamed = next((b.tool_call_id for b in content if isinstance(b, ToolResultContent)), None)
        call_id = renamed if message.role == "tool" else message.tool_call_id
        made.append(replace(message, content=content, tool_call_id=call_id))
    return made


def _renamed(block: Content, latest: dict[str, str], used: set[str]) -> Content:
    if isinstance(block, ToolCallContent):
        own = block.tool_call_id
        latest[own] = _free(own, used) if own in latest else own
        return replace(block, tool_call_id=latest[own])
    if isinstance(block, ToolResultContent):
        return replace(block, tool_call_id=latest.get(block.tool_call_id, block.tool_call_id))
    return block


def _free(call_id: str, used: set[str]) -> str:
    number = 2
    while f"{call_id}-{number}" in used:
        number += 1
    used.add(f"{call_id}-{number}")
    return f"{call_id}-{number}"


def _paired(messages: Sequence[ChatMessage]) -> Iterator[ChatMessage]:
    answers = _answers(messages)
    for message in messages:
        if message.role == "tool":
            continue
        calls = tuple(block for block in message.content if isinstance(block, ToolCallContent))
        yield replace(message, tool_calls=calls or None)
        for call in calls:
            yield answers.get(call.tool_call_id) or _unknown(message, call)


def _answers(messages: Sequence[ChatMessage]) -> _Results:
    """The first result after its call, by the call's id."""
    called: set[str] = set()
    answers: _Results = {}
    for message in messages:
        for block in message.content:
            if isinstance(block, ToolCallContent):
                called.add(block.tool_call_id)
            elif isinstance(block, ToolResultContent) and block.tool_call_id in called:
                answers.setdefault(block.tool_call_id, message)
    return answers


def _unknown(message: ChatMessage, call: ToolCallContent) -> ChatMessage:
    result = ToolResultContent(
        tool_call_id=call.tool_call_id, content=UNKNOWN_OUTCOME, is_error=True
    )
    return _result_message(message, f"{message.id}-{call.tool_call_id}", result)
