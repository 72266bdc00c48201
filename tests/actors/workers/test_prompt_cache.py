"""What of a prompt is read from the provider's cache, seen in usage and metrics, over real HTTP."""

from itertools import pairwise
from typing import Any

from storage.records.conversation import Usage
from tests.fakes.greenroom import House, demo_server
from tests.fakes.talk import KEY
from tests.peers.message_streams import Answer, stream, text_block, tool_block
from tests.peers.messages_server import MessagesServer
from tests.peers.prompt_cache import PromptCache

RULES = "A rule of this house. " * 200


def caching(greenroom: House, server: MessagesServer, **settings: Any) -> str:
    greenroom.environ.update(KEY)
    models = {"providers": {"anthropic": {"base_url": server.url}}}
    prompt = {"rules": RULES}
    greenroom.write_workspace({"models": models, "prompt": prompt, **settings})
    greenroom.again()
    return str(greenroom.create(worker={"type": "conversation"})["id"])


def asked(greenroom: House, session_id: str, text: str) -> Any:
    answer = greenroom.ask({"type": "request", "session": session_id, "content": text})
    assert answer.ok, answer.error
    return answer.data["turns"]


def test_a_second_request_reads_from_the_cache_and_the_metrics_say_so(greenroom: House) -> None:
    cache = PromptCache()

    def answer(body: dict[str, Any]) -> Answer:
        return stream([text_block("yes")], usage=cache.usage(body))

    with MessagesServer(answer) as server:
        session_id = caching(greenroom, server)
        (first,) = asked(greenroom, session_id, "one")
        (second,) = asked(greenroom, session_id, "two")
    assert first.usage.cache_read_tokens == 0
    assert second.usage.cache_read_tokens == first.usage.cache_write_tokens > len(RULES) // 5
    metrics = greenroom.record(session_id).metrics
    assert metrics.cache_read_tokens == second.usage.cache_read_tokens
    assert metrics.cache_write_tokens == first.usage.cache_write_tokens
    total = first.usage.prompt_tokens + second.usage.prompt_tokens
    assert metrics.prompt_tokens == total


def test_the_turns_of_a_request_read_all_that_came_before(greenroom: House) -> None:
    cache = PromptCache()

    def answer(body: dict[str, Any]) -> Answer:
        usage = cache.usage(body)
        if len(body["messages"]) < 5:
            number = len(body["messages"])
            call = tool_block("demo__add", f'{{"a": {number}, "b": 1}}', f"toolu_{number}")
            return stream([call], "tool_use", usage=usage)
        return stream([text_block("done")], usage=usage)

    with MessagesServer(answer) as server:
        session_id = caching(greenroom, server, **demo_server())
        turns = asked(greenroom, session_id, "add " * 500)
    usages: list[Usage] = [turn.usage for turn in turns]
    assert len(usages) == 3
    for before, after in pairwise(usages):
        known = before.cache_read_tokens + before.cache_write_tokens
        assert after.cache_read_tokens == known > 0.95 * before.prompt_tokens
