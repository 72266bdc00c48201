"""Words for tests of models: messages, requests, and running a stream to its end."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from actors.ports import ModelEvent, ModelProvider, ModelRequest, TextDelta, TurnDone
from storage.records.config import SessionConfig
from storage.records.message import ChatMessage, Content, Role, TextContent, ToolCallContent
from storage.records.tool import Tool

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ADD = Tool(
    name="demo.add",
    server="demo",
    description="Add two numbers.",
    input_schema={"properties": {"a": {"type": "integer"}}},
)


def message(role: Role, *content: Content | str, **fields: Any) -> ChatMessage:
    blocks = tuple(TextContent(c) if isinstance(c, str) else c for c in content)
    return ChatMessage(id="m", role=role, content=blocks, created_at=NOW, **fields)


def request(*history: ChatMessage, **fields: Any) -> ModelRequest:
    fields = {
        "model": "claude-sonnet-5-5",
        "system": ("Be brief.", "It is noon."),
        "config": SessionConfig(max_tokens=1000),
        **fields,
    }
    return ModelRequest(history=history or (message("user", "Hello"),), **fields)


async def gather(model: ModelProvider, asked: ModelRequest) -> list[ModelEvent]:
    """All events of one call, and the model closed."""
    stream: Any = model.stream(asked)
    try:
        async with aclosing(stream):
            return [event async for event in stream]
    finally:
        await model.close()


def events_of(model: ModelProvider, asked: ModelRequest) -> list[ModelEvent]:
    return asyncio.run(gather(model, asked))


def turn_of(events: Sequence[ModelEvent]) -> TurnDone:
    """The last event, which must be the end of a whole turn, the only one."""
    ends = [event for event in events if isinstance(event, TurnDone)]
    assert ends == [events[-1]]
    return ends[0]


def calls_of(turn: TurnDone) -> list[ToolCallContent]:
    return [block for block in turn.content if isinstance(block, ToolCallContent)]


def text_deltas(events: Sequence[ModelEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, TextDelta)]
