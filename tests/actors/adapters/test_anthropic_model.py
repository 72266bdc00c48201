"""The real SDK over real HTTP against the local server."""

import asyncio
import socket
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from actors.adapters.anthropic_model import AnthropicModel
from actors.ports import ModelDescription, ModelError, ModelEvent, TextDelta
from storage.records.config import SessionConfig
from storage.records.message import ProviderContent, TextContent, ToolResultContent
from storage.records.workspace import ProviderSettings
from tests.actors.adapters.conversation import (
    ADD,
    calls_of,
    events_of,
    gather,
    message,
    request,
    text_deltas,
    turn_of,
)
from tests.peers import message_streams as streams
from tests.peers.messages_server import WINDOW, MessagesServer, Received

MODEL = "claude-sonnet-5-5"
CACHED = {"cache_control": {"type": "ephemeral"}}


def model_at(url: str, **fields: Any) -> Any:
    fields = {"silence_seconds": 10.0, **fields}
    environ = {"ANTHROPIC_API_KEY": "secret"}
    return AnthropicModel(ProviderSettings(base_url=url, **fields), environ=environ)


def failure_of(answer: streams.Answer, **fields: Any) -> Any:
    with MessagesServer([answer]) as server, pytest.raises(ModelError) as caught:
        events_of(model_at(server.url, **fields), request())
    return caught.value


def test_a_turn_of_text() -> None:
    with MessagesServer([streams.text("Hello you")]) as server:
        events = events_of(model_at(server.url), request())
    assert "".join(text_deltas(events)) == "Hello you"
    assert turn_of(events).content == (TextContent("Hello you"),)


def test_what_is_sent() -> None:
    config = SessionConfig(
        max_tokens=500, temperature=0.5, effort="low", provider_options={"stop_sequences": ["x"]}
    )
    with MessagesServer([streams.text("Hello")]) as server:
        events_of(model_at(server.url), request(config=config, tools=(ADD,)))
    sent = server.requests[0]
    assert sent.headers["authorization"] == "Bearer secret"
    assert sent.body == {
        "model": MODEL,
        "max_tokens": 500,
        "stream": True,
        "temperature": 0.5,
        "output_config": {"effort": "low"},
        "stop_sequences": ["x"],
        "system": [
            {"type": "text", "text": "Be brief.", **CACHED},
            {"type": "text", "text": "It is noon."},
        ],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello", **CACHED}]}],
        "tools": [
            {
                "name": "demo__add",
                "description": "Add two numbers.",
                "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
            }
        ],
    }


def test_a_round_with_a_tool_and_thinking_goes_back_as_it_came() -> None:
    thinking = streams.thinking_block("hm", "sig")
    call = streams.tool_block("demo__add", '{"a": 1}')
    answers = [streams.stream([thinking, call], "tool_use"), streams.text("It is 1.")]
    user = message("user", "Add")
    with MessagesServer(answers) as server:
        first = turn_of(events_of(model_at(server.url), request(user, tools=(ADD,))))
        assert calls_of(first)[0].name == "demo.add"
        result = ToolResultContent(tool_call_id=calls_of(first)[0].tool_call_id, content="1")
        history = (user, message("assistant", *first.content), message("tool", result))
        events_of(model_at(server.url), request(*history, tools=(ADD,)))
    assert isinstance(first.content[0], ProviderContent)
    assert server.requests[1].body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "sig"},
                {"type": "tool_use", "id": "toolu_1", "name": "demo__add", "input": {"a": 1}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "1", **CACHED}
            ],
        },
    ]


RETRYABLE = {
    "429": streams.error(429, "rate_limit_error"),
    "529": streams.error(529, "overloaded_error"),
    "500": streams.error(500, "api_error"),
    "503": streams.error(503, "api_error"),
    "error in the stream": streams.error_in_stream(),
    "clean close": streams.clean_close(),
    "dropped": streams.dropped(),
    "malformed events": streams.malformed_events(),
    "malformed tool JSON": streams.malformed_tool_json(),
    "negative count": streams.stream([], usage={"input_tokens": -1}),
    "HTML": streams.html(),
    "nothing": streams.Answer(headers={"content-type": "text/event-stream"}),
}


@pytest.mark.parametrize("answer", RETRYABLE.values(), ids=RETRYABLE.keys())
def test_a_failure_that_may_pass_is_retryable(answer: streams.Answer) -> None:
    assert failure_of(answer).retryable


def test_every_failure_is_asked_only_once() -> None:
    with MessagesServer([streams.error(529, "overloaded_error")]) as server:
        with pytest.raises(ModelError):
            events_of(model_at(server.url), request())
        assert len(server.requests) == 1


def test_retry_after_is_passed_on() -> None:
    limited = streams.error(429, "rate_limit_error", headers={"retry-after": "7"})
    assert failure_of(limited).retry_after_seconds == 7.0


def test_silence_in_the_middle_is_retryable() -> None:
    error = failure_of(streams.text("slow").slowly(60), silence_seconds=0.2)
    assert error.retryable
    assert "silent" in str(error)


def test_a_refused_connection_is_retryable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ModelError, match=r"No connection to http://127\.0\.0\.1") as caught:
            events_of(model_at(url), request())
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("status", "kind", "code", "advice"),
    [
        (400, "invalid_request_error", "bad-request", "configuration"),
        (401, "authentication_error", "api-key-refused", "ANTHROPIC_API_KEY"),
        (403, "permission_error", "api-key-refused", "ANTHROPIC_API_KEY"),
        (404, "not_found_error", "model-unknown", "base_url"),
    ],
)
def test_a_refusal_is_not_retryable_and_says_what_to_do(
    status: int, kind: str, code: str, advice: str
) -> None:
    error = failure_of(streams.error(status, kind, "the reason"))
    assert (error.retryable, error.code) == (False, code)
    assert advice in str(error)
    assert "the reason" in str(error)
    assert "secret" not in str(error)


def test_the_limit_inside_a_call_ends_the_turn_as_max_tokens() -> None:
    with MessagesServer([streams.max_tokens_in_tool_json()]) as server:
        turn = turn_of(events_of(model_at(server.url), request(tools=(ADD,))))
    assert turn.stop_reason == "max_tokens"


def test_without_a_key_nothing_is_sent_and_the_variable_is_named() -> None:
    with MessagesServer([streams.text("x")]) as server:
        settings = ProviderSettings(base_url=server.url, api_key_env="OTHER_KEY")
        model = AnthropicModel(settings, environ={"ANTHROPIC_API_KEY": "secret"})
        with pytest.raises(ModelError, match="OTHER_KEY") as caught:
            events_of(model, request())
        assert asyncio.run(model.count_tokens(request())) is None
        assert asyncio.run(model.describe(MODEL)).context_window == 1_000_000
    assert caught.value.code == "api-key-missing"
    assert not server.requests + server.others


def test_the_environment_names_the_server_when_the_settings_do_not() -> None:
    environ = {"ANTHROPIC_API_KEY": "secret", "ANTHROPIC_BASE_URL": "http://x.test"}
    assert AnthropicModel(environ=environ).endpoint.url == "http://x.test"
    assert AnthropicModel(environ={}).endpoint.url == "https://api.anthropic.com"


def test_a_bad_option_is_refused_before_anything_is_sent() -> None:
    asked = request(config=SessionConfig(provider_options={"thinkng": 1}))
    with MessagesServer([streams.text("x")]) as server:
        with pytest.raises(ModelError, match="thinkng"):
            events_of(model_at(server.url), asked)
        assert not server.requests


def test_a_cancelled_call_closes_the_connection() -> None:
    async def cancelled(url: str) -> Any:
        events: list[ModelEvent] = []

        async def read() -> Any:
            async for event in model.stream(request()):
                events.append(event)
                if isinstance(event, TextDelta):
                    begun.set()

        model, begun = model_at(url), asyncio.Event()
        task = asyncio.create_task(read())
        await asyncio.wait_for(begun.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await model.close()
        return events

    with MessagesServer([streams.text("abcd" * 100_000).slowly(0.05)]) as server:
        assert text_deltas(asyncio.run(cancelled(server.url)))
        assert server.cut_off.wait(10)


def test_many_streams_run_side_by_side() -> None:
    async def all_at_once(url: str) -> Any:
        model = model_at(url)
        requests = [request(message("user", f"number {n}")) for n in range(20)]
        try:
            return await asyncio.gather(*(one(model, r) for r in requests))
        finally:
            await model.close()

    async def one(model: Any, asked: Any) -> Any:
        return turn_of([event async for event in model.stream(asked)])

    def echo(body: Any) -> Any:
        return streams.text(body["messages"][0]["content"][0]["text"])

    with MessagesServer(echo) as server:
        turns = asyncio.run(all_at_once(server.url))
    assert [turn.content[0] for turn in turns] == [TextContent(f"number {n}") for n in range(20)]


def described(server: MessagesServer, times: Any = 1) -> Any:
    async def ask() -> Any:
        model = model_at(server.url)
        answers = [await model.describe(MODEL) for _ in range(times)]
        await model.close()
        return answers

    return asyncio.run(ask())


def test_limits_come_from_the_models_api_and_are_asked_once() -> None:
    with MessagesServer(models={MODEL: WINDOW}) as server:
        answers = described(server, times=3)
    expected = ModelDescription(model=MODEL, context_window=200_000, max_output_tokens=64_000)
    assert answers == [expected] * 3
    assert len(server.others) == 1


def test_without_a_models_api_the_window_is_that_of_the_table() -> None:
    with MessagesServer() as server:
        answers = described(server, times=2)
    assert answers == [ModelDescription(model=MODEL, context_window=1_000_000)] * 2
    assert len(server.others) == 1


def test_a_models_api_that_fails_is_not_asked_again_at_once() -> None:
    class Failing(MessagesServer):
        def answer(self, request: Received) -> streams.Answer:
            super().answer(request)
            return streams.error(500, "api_error")

    async def twice(url: str) -> list[ModelDescription]:
        model = model_at(url)
        try:
            return [await model.describe(MODEL) for _ in range(2)]
        finally:
            await model.close()

    with Failing() as server:
        described = asyncio.run(twice(server.url))
        assert len(server.others) == 1
    assert [one.context_window for one in described] == [1_000_000] * 2


def test_limits_that_the_models_api_leaves_out_are_unknown() -> None:
    with MessagesServer(models={MODEL: {"max_input_tokens": None}}) as server:
        assert described(server) == [ModelDescription(model=MODEL, context_window=1_000_000)]


def test_the_output_limit_defaults_to_what_the_model_can() -> None:
    with MessagesServer([streams.text("x")], models={MODEL: {"max_tokens": 5000}}) as server:
        events_of(model_at(server.url), request(config=SessionConfig()))
    assert server.requests[0].body["max_tokens"] == 5000


def test_tokens_are_counted_by_the_api() -> None:
    async def count(url: str) -> Any:
        model = model_at(url)
        config = SessionConfig(temperature=1, effort="low")
        counted = await model.count_tokens(request(tools=(ADD,), config=config))
        await model.close()
        return counted

    with MessagesServer(counted_tokens=42) as server:
        assert asyncio.run(count(server.url)) == 42
    body = server.others[0].body
    assert body.keys() == {"model", "messages", "system", "tools", "output_config"}
    assert asyncio.run(count("http://127.0.0.1:1")) is None


def test_a_closed_model_opens_again() -> None:
    async def twice(url: str) -> Any:
        model = model_at(url)
        return [turn_of(await gather(model, request())).stop_reason for _ in range(2)]

    with MessagesServer([streams.text("a"), streams.text("b")]) as server:
        assert asyncio.run(twice(server.url)) == ["end_turn", "end_turn"]


def test_a_model_that_is_closed_in_the_middle_of_a_stream_ends_it_first() -> None:
    async def closed_early(url: str) -> list[ModelEvent]:
        model = model_at(url)
        events: list[ModelEvent] = []
        async for event in model.stream(request()):
            events.append(event)
            await model.close()
        return events

    with MessagesServer([streams.text("abcd" * 100)]) as server:
        assert turn_of(asyncio.run(closed_early(server.url))).stop_reason == "end_turn"


def test_a_text_cut_in_the_middle_of_a_character_is_whole() -> None:
    answer = streams.text("Grüße 🌍, <tool_call>{}</tool_call>")
    bytes_alone = [bytes([byte]) for piece in answer.pieces for byte in piece]
    with MessagesServer([replace(answer, pieces=tuple(bytes_alone))]) as server:
        turn = turn_of(events_of(model_at(server.url), request()))
    assert turn.content == (TextContent("Grüße 🌍, <tool_call>{}</tool_call>"),)


def test_half_a_surrogate_pair_comes_out_as_the_sign_for_what_is_lost() -> None:
    block = streams.tool_block("demo__add", "{}", "toolu_\ud800")
    with MessagesServer([streams.stream([block], "tool_use")]) as server:
        turn = turn_of(events_of(model_at(server.url), request()))
    assert calls_of(turn)[0].tool_call_id == "toolu_\ufffd"


def test_importing_the_adapters_imports_neither_sdk() -> None:
    code = (
        "import sys, actors.adapters.anthropic_model, actors.adapters.mcp_tools,"
        " actors.adapters.prices, actors.adapters.scripted_model\n"
        "sys.exit(bool({'anthropic', 'mcp', 'httpx2', 'genai_prices'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
