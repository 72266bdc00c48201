import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.adapters.anthropic_blocks import COUNTS
from actors.adapters.anthropic_turn import (
    LIMIT_BYTES,
    MalformedStreamError,
    TurnBuilder,
    well_formed,
)
from actors.adapters.tool_names import ToolNames
from actors.ports import BlockDone, ModelError, PromptSent, TextDelta
from storage.codec import encode
from storage.records.conversation import Usage
from storage.records.message import ProviderContent, TextContent, ToolCallContent
from tests.actors.adapters.conversation import calls_of, text_deltas, turn_of
from tests.peers import message_streams as streams

START_USAGE = Usage(
    prompt_tokens=22, completion_tokens=1, cache_read_tokens=7, cache_write_tokens=5
)


def decoded(answer: streams.Answer) -> Any:
    lines = b"".join(answer.pieces).decode().splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def fed(events: Any) -> Any:
    turn = TurnBuilder(ToolNames(["demo.add"]))
    return [said for event in events if (said := turn.feed(event)) is not None]


def test_text_comes_in_deltas_then_as_a_block_then_in_the_turn() -> None:
    events = fed(decoded(streams.text("Hello you")))
    assert "".join(text_deltas(events)) == "Hello you"
    assert events[-2] == BlockDone(0, TextContent("Hello you"))
    turn = turn_of(events)
    assert (turn.content, turn.stop_reason) == ((TextContent("Hello you"),), "end_turn")
    assert turn.model == streams.MODEL
    assert turn.raw_response["id"] == "msg_1"
    assert "content" not in turn.raw_response


def test_usage_is_that_of_the_start_with_the_end_laid_over_it() -> None:
    turn = turn_of(fed(decoded(streams.text("x"))))
    assert turn.usage == Usage(
        prompt_tokens=22, completion_tokens=20, cache_read_tokens=7, cache_write_tokens=5
    )


def test_what_the_prompt_took_is_told_at_the_start_if_it_is_counted_there() -> None:
    assert fed(decoded(streams.text("x")))[0] == PromptSent(START_USAGE)
    uncounted = streams.stream([streams.text_block("x")], usage={"input_tokens": 0})
    assert not any(isinstance(event, PromptSent) for event in fed(decoded(uncounted)))


def test_a_call_has_our_name_and_its_arguments() -> None:
    turn = turn_of(fed(decoded(streams.tool_use(("demo__add", {"a": 1}), said="So:"))))
    call = ToolCallContent(tool_call_id="toolu_1", name="demo.add", args={"a": 1})
    assert turn.content == (TextContent("So:"), call)
    assert turn.stop_reason == "tool_use"


def test_a_call_without_arguments_has_none() -> None:
    no_json = streams.stream([streams.tool_block("demo__add", "")], "tool_use")
    assert calls_of(turn_of(fed(decoded(no_json))))[0].args == {}


def test_arguments_may_come_with_the_start_of_the_block() -> None:
    start = {"type": "tool_use", "id": "t", "name": "demo__add", "input": {"a": 1}}
    whole = streams.stream([[start]], "tool_use")
    assert calls_of(turn_of(fed(decoded(whole))))[0].args == {"a": 1}


def test_thinking_is_kept_whole_with_its_signature() -> None:
    turn = turn_of(fed(decoded(streams.stream([streams.thinking_block("hm", "sig")]))))
    block = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    assert turn.content == (ProviderContent(provider="anthropic", block=block),)


def test_unknown_blocks_deltas_and_events_are_tolerated() -> None:
    odd: list[dict[str, Any]] = [{"type": "hologram", "x": 1}, {"type": "wave_delta", "y": 2}]
    events = decoded(streams.stream([odd, streams.text_block("ok")]))
    turn = turn_of(fed([{"type": "aurora"}, *events]))
    block = ProviderContent(provider="anthropic", block={"type": "hologram", "x": 1})
    assert turn.content == (block, TextContent("ok"))


def test_calls_of_the_provider_itself_are_its_own_affair() -> None:
    start: dict[str, Any] = {
        "type": "server_tool_use",
        "id": "s1",
        "name": "web_search",
        "input": {},
    }
    search = [start, {"type": "input_json_delta", "partial_json": '{"query": "x"}'}]
    turn = turn_of(fed(decoded(streams.stream([search]))))
    assert turn.content == (
        ProviderContent(provider="anthropic", block={**start, "input": {"query": "x"}}),
    )


def test_citations_do_not_disturb_the_text() -> None:
    cited: list[dict[str, Any]] = [
        {"type": "text", "text": "", "citations": None},
        {"type": "text_delta", "text": "so"},
        {"type": "citations_delta", "citation": {"cited_text": "x"}},
    ]
    assert turn_of(fed(decoded(streams.stream([cited])))).content == (TextContent("so"),)


def test_text_that_comes_with_the_start_of_a_block_is_a_delta_too() -> None:
    events = fed(decoded(streams.stream([[{"type": "text", "text": "all at once"}]])))
    assert events[1] == TextDelta(0, "all at once")
    assert turn_of(events).content == (TextContent("all at once"),)


def test_arguments_cut_by_the_limit_are_no_finished_block() -> None:
    events = fed(decoded(streams.max_tokens_in_tool_json()))
    turn = turn_of(events)
    assert events == [PromptSent(START_USAGE), turn]
    assert turn.stop_reason == "max_tokens"
    assert calls_of(turn)[0].args == {}


def test_arguments_that_are_no_object_break_the_turn() -> None:
    for arguments in ('{"a": 1,, }', "[1]", '"x"', '{"a": "\\ud800"}', "[" * 5000):
        with pytest.raises(MalformedStreamError, match="arguments"):
            fed(decoded(streams.stream([streams.tool_block("demo__add", arguments)], "tool_use")))


def test_a_surrogate_pair_cut_in_two_is_joined() -> None:
    smile = "\N{GRINNING FACE}"
    high, low = "\ud83d", "\ude00"
    halves = [
        {"type": "text", "text": ""},
        {"type": "text_delta", "text": high},
        {"type": "text_delta", "text": low},
    ]
    events = fed(decoded(streams.stream([halves])))
    assert turn_of(events).content == (TextContent(smile),)
    assert encode(text_deltas(events))


@given(st.text(st.characters(categories=["L", "Cs", "So"])))
def test_what_is_kept_can_always_be_written_down(text: str) -> None:
    assert encode(well_formed(text))


def test_half_a_surrogate_pair_is_nowhere_in_a_turn() -> None:
    half = "x\ud800"
    call = {"type": "tool_use", "id": half, "name": half, "input": {half: [half]}}
    cited = {"type": "citations_delta", "citation": {half: half}}
    blocks: Any = [[call], [{"type": "text", "text": half}, cited], [{"type": "hologram", half: 1}]]
    events = fed(decoded(streams.stream(blocks, half, model=half, stop_sequence=half)))
    assert encode(events)
    turn = turn_of(events)
    assert calls_of(turn)[0].tool_call_id == turn.stop_reason == turn.model == "x\ufffd"


@pytest.mark.parametrize("count", [-1, 10.5, "10", True, 1 << 53, 10**30, [1], {}])
@pytest.mark.parametrize("name", COUNTS)
def test_what_is_no_count_of_tokens_is_malformed(name: str, count: Any) -> None:
    turn = TurnBuilder(ToolNames([]))
    with pytest.raises(MalformedStreamError, match=name):
        turn.feed({"type": "message_start", "message": {"usage": {name: count}}})
    assert turn.counted is None
    turn.feed(START)
    with pytest.raises(MalformedStreamError, match=name):
        turn.feed({"type": "message_delta", "delta": {}, "usage": {name: count}})
    assert turn.counted in {None, Usage()}


LONG = "x" * (LIMIT_BYTES // 4)


@pytest.mark.parametrize(
    "blocks",
    [
        [streams.text_block(LONG * 5)],
        [streams.text_block(LONG)] * 5,
        [streams.text_block("\x01" * LIMIT_BYTES)],
        [streams.thinking_block(LONG * 5, "sig")],
        [streams.tool_block("demo__add", json.dumps({"a": LONG * 5}))],
        [streams.tool_block("demo__add", f'{{"a": [{"1e15," * (LIMIT_BYTES // 8)}1]}}')],
        [[{"type": "hologram", "x": LONG * 5}]],
    ],
)
def test_an_answer_too_long_for_a_journal_is_not_asked_for_again(blocks: Any) -> None:
    with pytest.raises(ModelError, match="longer than 1,048,576 bytes") as caught:
        fed(decoded(streams.stream(blocks)))
    assert not caught.value.retryable


def test_an_answer_that_fits_is_whole_in_however_many_pieces_it_comes() -> None:
    said = [streams.text_block(LONG, pieces=100)] * 3
    arguments = json.dumps({"a": [0] * 5_000})
    start = {"type": "tool_use", "id": "t", "name": "demo__add", "input": {}}
    call: Any = [start, *({"type": "input_json_delta", "partial_json": one} for one in arguments)]
    content = turn_of(fed(decoded(streams.stream([*said, call])))).content
    assert content[:3] == (TextContent(LONG),) * 3
    assert content[3] == ToolCallContent(tool_call_id="t", name="demo.add", args={"a": [0] * 5_000})


START = {"type": "message_start", "message": {"usage": {}}}
BLOCK = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
STOP = {"type": "content_block_stop", "index": 0}


@pytest.mark.parametrize(
    "events",
    [
        [BLOCK],
        [{"type": "message_start"}],
        [START, {**BLOCK, "index": 1}],
        [START, BLOCK, BLOCK],
        [START, BLOCK, {"type": "content_block_delta", "index": 1, "delta": {}}],
        [START, BLOCK, {"type": "content_block_delta", "index": 0, "delta": "x"}],
        [
            START,
            BLOCK,
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta"}},
        ],
        [START, STOP],
        [START, {"type": "message_delta", "delta": {}, "usage": [1]}],
        [{"type": "message_delta", "delta": {}}],
        [{"type": "message_stop"}],
        [START, {"type": "message_stop"}],
        [START, BLOCK, {"type": "message_stop"}],
    ],
)
def test_what_breaks_the_grammar_is_malformed(events: Any) -> None:
    with pytest.raises(MalformedStreamError):
        fed(events)


def test_a_stream_cut_anywhere_gives_no_turn() -> None:
    whole = decoded(streams.tool_use(("demo__add", {"a": 1}), said="So:"))
    for length in range(len(whole)):
        assert not any(isinstance(e, type(turn_of(fed(whole)))) for e in fed(whole[:length]))


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
BLOCKS = st.lists(
    st.builds(TextContent, WORDS)
    | st.builds(
        ToolCallContent,
        tool_call_id=st.uuids().map(str),
        name=st.just("demo.add"),
        args=st.dictionaries(WORDS, WORDS | st.integers(-9, 9) | st.booleans(), max_size=3),
    )
    | WORDS.map(
        lambda said: ProviderContent(
            provider="anthropic", block={"type": "thinking", "thinking": said, "signature": said}
        )
    ),
    max_size=5,
)


def streamed(block: Any, pieces: int) -> Any:
    """The block as the API would stream it: its start, then its deltas."""
    match block:
        case TextContent(text):
            return streams.text_block(text, pieces)
        case ToolCallContent():
            arguments = encode(block.args).decode()
            return streams.tool_block("demo__add", arguments, block.tool_call_id)
        case _:
            return streams.thinking_block(block.block["thinking"], block.block["signature"])


@given(content=BLOCKS, pieces=st.integers(1, 9))
def test_whatever_is_streamed_is_the_turn(content: list[Any], pieces: int) -> None:
    calls = any(isinstance(block, ToolCallContent) for block in content)
    reason = "tool_use" if calls else "end_turn"
    answer = streams.stream([streamed(block, pieces) for block in content], reason)
    events = fed(decoded(answer))
    assert list(turn_of(events).content) == content
    assert [event.block for event in events if isinstance(event, BlockDone)] == content
