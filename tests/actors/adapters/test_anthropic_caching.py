"""What the API is told to cache; and that a second request reads it, over real HTTP."""

from typing import Any

import pytest
from msgspec.structs import replace

from actors.adapters.anthropic_caching import MARK, marked
from actors.ports import ModelRequest
from storage.records.conversation import Usage
from storage.records.message import ToolResultContent
from tests.actors.adapters.conversation import (
    ADD,
    calls_of,
    events_of,
    message,
    request,
    turn_of,
)
from tests.actors.adapters.test_anthropic_model import model_at
from tests.peers.message_streams import Answer, stream, text_block, tool_block
from tests.peers.messages_server import MessagesServer
from tests.peers.prompt_cache import PromptCache

LONG = "The rules of this house are many. " * 50


def body(**fields: Any) -> dict[str, Any]:
    said = [{"role": role, "content": [{"text": role}]} for role in ("user", "assistant", "user")]
    return {"messages": said, **fields}


def marks(made: dict[str, Any]) -> list[str]:
    """Where there is one, by the block's text."""
    blocks = [*made.get("tools", []), *made.get("system", [])]
    blocks += [block for said in made["messages"] for block in said["content"]]
    return [block["text"] for block in blocks if "cache_control" in block]


SYSTEM = [{"text": "stable"}, {"text": "volatile"}]
TOOLS = [{"text": "one"}, {"text": "two"}]


@pytest.mark.parametrize(
    ("sent", "stable", "volatile", "found"),
    [
        (body(system=SYSTEM, tools=TOOLS), True, True, ["stable", "user", "user"]),
        (body(system=SYSTEM), True, True, ["stable"]),
        (body(system=SYSTEM[:1]), True, False, ["stable", "user", "user"]),
        (body(system=SYSTEM[1:], tools=TOOLS), False, True, ["two", "user", "user"]),
        (body(system=SYSTEM[1:]), False, True, []),
        (body(), False, False, ["user", "user"]),
    ],
)
def test_what_is_marked(sent: Any, stable: bool, volatile: bool, found: list[str]) -> None:
    assert marks(marked(sent, stable=stable, volatile=volatile)) == found
    assert marks(sent) == []


def test_a_mark_is_of_the_short_kind() -> None:
    assert MARK == {"cache_control": {"type": "ephemeral"}}


def asked(*said: Any, volatile: str = "It is noon.", tools: Any = (ADD,)) -> ModelRequest:
    return replace(request(*said, tools=tools), system=(LONG, volatile))


def usages(*requests: ModelRequest) -> list[Usage]:
    """Of these calls one after the other, as the API counts them."""
    cache = PromptCache()

    def answer(sent: dict[str, Any]) -> Answer:
        return stream([text_block("yes")], usage=cache.usage(sent))

    with MessagesServer(answer) as server:
        return [turn_of(events_of(model_at(server.url), each)).usage for each in requests]


def test_the_second_request_reads_the_stable_part_from_the_cache() -> None:
    first, second = usages(
        asked(message("user", "Hello"), tools=()),
        asked(message("user", "Hello again"), volatile="It is one.", tools=()),
    )
    assert (first.cache_read_tokens, second.cache_write_tokens) == (0, 0)
    assert second.cache_read_tokens == first.cache_write_tokens > len(LONG) // 5


def test_the_next_turn_of_a_request_reads_all_that_was_said() -> None:
    cache = PromptCache()
    user = message("user", "Add " + LONG)

    def answer(sent: dict[str, Any]) -> Answer:
        usage = cache.usage(sent)
        if len(sent["messages"]) == 1:
            return stream([tool_block("demo__add", '{"a": 1}')], "tool_use", usage=usage)
        return stream([text_block("1")], usage=usage)

    with MessagesServer(answer) as server:
        first = turn_of(events_of(model_at(server.url), asked(user)))
        result = ToolResultContent(tool_call_id=calls_of(first)[0].tool_call_id, content="1")
        said = (user, message("assistant", *first.content), message("tool", result))
        second = turn_of(events_of(model_at(server.url), asked(*said)))
    assert second.usage.cache_read_tokens == first.usage.cache_write_tokens
    assert first.usage.cache_write_tokens > 0.95 * first.usage.prompt_tokens
    assert 0 < second.usage.cache_write_tokens < 100


def test_a_changed_volatile_part_costs_no_more_than_itself_and_what_follows() -> None:
    hello = message("user", "Hello")
    first, second = usages(asked(hello), asked(hello, volatile="It is one."))
    assert second.cache_read_tokens > 0.9 * first.cache_write_tokens
