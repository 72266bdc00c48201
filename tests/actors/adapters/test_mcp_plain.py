"""Lists on their way to the SDK, through real streams of its kind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCResponse

from actors.adapters.mcp_plain import plain

OBJECT = {"type": "object"}


def answer(**result: Any) -> SessionMessage:
    return SessionMessage(JSONRPCResponse(jsonrpc="2.0", id=1, result=result))


def received(*messages: Any) -> tuple[list[Any], list[str]]:
    """What comes out, and what was noted."""
    noted: list[str] = []

    @asynccontextmanager
    async def transport() -> AsyncIterator[Any]:
        send, read = anyio.create_memory_object_stream[Any](len(messages))
        for message in messages:
            send.send_nowait(message)
        send.close()
        yield read, send

    async def run() -> list[Any]:
        async with plain(transport(), noted.append) as (read, _), read:
            assert getattr(read, "last_context", None) is None
            return [item async for item in read]

    return asyncio.run(run()), noted


def test_an_entry_keeps_its_plain_parts_alone() -> None:
    hints = {"readOnlyHint": True, "idempotentHint": "yes", "title": 7}
    entry = {
        "name": "add",
        "description": "Adds",
        "title": ["odd"],
        "inputSchema": OBJECT,
        "outputSchema": {"type": "object", "properties": {"a": {"pattern": "^(a+)+$"}}},
        "annotations": hints,
        "icons": "none",
    }
    (item,), noted = received(answer(tools=[entry], nextCursor="more"))
    plainly = {**OBJECT}
    assert item.message.result == {
        "tools": [
            {
                "name": "add",
                "inputSchema": plainly,
                "description": "Adds",
                "annotations": {"readOnlyHint": True},
            }
        ],
        "nextCursor": "more",
    }
    assert noted == []


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("no tool", "an entry without a name"),
        ({"inputSchema": OBJECT}, "an entry without a name"),
        ({"name": 7}, "an entry without a name"),
        ({"name": "a"}, "'a': its schema is not that of an object"),
        ({"name": "a", "inputSchema": {"type": "string"}}, "'a': its schema is not"),
        ({"name": "x" * 1000, "inputSchema": []}, f"'{'x' * 60}': its schema is not"),
    ],
)
def test_an_entry_that_lacks_one_is_left_out_and_the_rest_stays(entry: Any, reason: str) -> None:
    fine = {"name": "fine", "inputSchema": OBJECT, "annotations": None}
    (item,), (noted,) = received(answer(tools=[entry, fine]))
    assert [tool["name"] for tool in item.message.result["tools"]] == ["fine"]
    assert noted.startswith(reason)


def test_everything_else_comes_as_it_is() -> None:
    result, error = answer(content=[{"type": "text", "text": "tools"}]), ValueError("bad line")
    assert received(result, error, answer(tools="none")) == (
        [result, error, answer(tools="none")], [],
    )  # fmt: skip
