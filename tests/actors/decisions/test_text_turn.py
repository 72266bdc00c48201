"""The events of a model that calls tools in its text, as everybody else knows events."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.decisions.text_calls import CLOSE, MALFORMED
from actors.decisions.text_turn import TextTurn
from actors.ports import BlockDone, ModelEvent, TextDelta, TurnDone
from storage.records.conversation import Usage
from storage.records.message import Content, ProviderContent, TextContent, ToolCallContent
from tests.actors.adapters.conversation import text_deltas, turn_of

ADD = '<tool_call>{"tool": "demo.add", "parameters": {"a": 1}}</tool_call>'


def done(reason: str = "end_turn", **raw: Any) -> TurnDone:
    return TurnDone(content=(), stop_reason=reason, usage=Usage(), model="m", raw_response=raw)


def heard(*events: ModelEvent) -> list[ModelEvent]:
    numbers = count(1)
    turn = TextTurn(lambda: f"call{next(numbers)}")
    return [said for event in events for said in turn.hear(event)]


def deltas(text: str, index: int = 0) -> list[TextDelta]:
    return [TextDelta(index, character) for character in text]


def added(call_id: str = "call1") -> ToolCallContent:
    return ToolCallContent(tool_call_id=call_id, name="demo.add", args={"a": 1})


def test_text_and_calls_are_blocks_in_order() -> None:
    text = f"First.\n\n{ADD}\n{ADD}\nThen. "
    events = heard(*deltas(text), BlockDone(0, TextContent(text)), done())
    content: tuple[Content, ...] = (
        TextContent("First."),
        added("call1"),
        added("call2"),
        TextContent("Then. "),
    )
    assert turn_of(events).content == content
    assert turn_of(events).stop_reason == "tool_use"
    assert [e for e in events if isinstance(e, BlockDone)] == [
        BlockDone(index, block) for index, block in enumerate(content)
    ]
    assert "".join(text_deltas(events)) == "First.Then. "


def test_what_grows_is_the_beginning_of_what_it_becomes() -> None:
    text = f"  One.\n\n two {ADD} three\n"
    grown: dict[int, str] = {}
    for event in heard(*deltas(text), done()):
        if isinstance(event, TextDelta):
            grown[event.index] = grown.get(event.index, "") + event.text
            assert "<" not in grown[event.index]
        elif isinstance(event, BlockDone) and isinstance(event.block, TextContent):
            assert event.block.text == grown[event.index]
    assert grown == {0: "One.\n\n two", 2: "three\n"}


def test_a_turn_without_calls_stays_as_it_is() -> None:
    events = heard(*deltas("`<tool_call>` so\n"), done())
    assert turn_of(events).content == (TextContent("`<tool_call>` so\n"),)
    assert turn_of(events).stop_reason == "end_turn"


def test_a_block_that_came_without_pieces_is_read_too() -> None:
    events = heard(TextDelta(0, "a"), BlockDone(0, TextContent(f"a {ADD}")), done())
    assert turn_of(events).content == (TextContent("a"), added())


def test_other_blocks_keep_their_place() -> None:
    thinking = ProviderContent(provider="anthropic", block={"type": "thinking"})
    events = heard(
        BlockDone(0, thinking), *deltas("so ", 1), *deltas(ADD, 2), BlockDone(3, thinking), done()
    )
    assert turn_of(events).content == (thinking, TextContent("so "), added(), thinking)


def test_a_call_that_the_stop_sequence_ended_is_whole() -> None:
    cut = ADD.removesuffix(CLOSE)
    events = heard(*deltas(cut), done("stop_sequence", stop_sequence=CLOSE))
    assert turn_of(events).content == (added(),)
    assert turn_of(events).stop_reason == "tool_use"


def test_code_that_the_stop_sequence_ended_is_code() -> None:
    events = heard(*deltas("```\n<tool_call>{}"), done("stop_sequence", stop_sequence=CLOSE))
    assert turn_of(events).content == (TextContent(f"```\n<tool_call>{{}}{CLOSE}"),)
    assert turn_of(events).stop_reason == "stop_sequence"


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "model_context_window_exceeded"])
def test_a_turn_that_was_cut_is_not_one_that_stopped_for_its_calls(reason: str) -> None:
    turn = turn_of(heard(*deltas(f"{ADD}<tool_call>{{"), done(reason)))
    assert turn.stop_reason == reason
    assert len(turn.content) == 2


def test_an_unclosed_call_is_told_to_the_model() -> None:
    (call,) = turn_of(heard(*deltas(ADD[:-3]), done())).content
    assert isinstance(call, ToolCallContent)
    assert call.name == MALFORMED


PARTS = st.lists(
    st.sampled_from(
        [ADD, "<tool_call>", "</tool_call>", "`", "```", " ", "\n", "\n\n", "é🌍", "<"]
    ),
    max_size=10,
)


def shape(events: list[ModelEvent]) -> list[Content]:
    """The blocks of a turn, each of whose texts has grown to what it is."""
    grown: dict[int, str] = {}
    for event in events:
        if isinstance(event, TextDelta):
            grown[event.index] = grown.get(event.index, "") + event.text
    content = list(turn_of(events).content)
    texts = {at: block.text for at, block in enumerate(content) if isinstance(block, TextContent)}
    assert grown == texts
    return content


@given(parts=PARTS, pieces=st.integers(1, 7))
def test_however_the_text_is_cut_the_turn_is_the_same(parts: list[str], pieces: int) -> None:
    text = "".join(parts)
    cut = [TextDelta(0, text[at : at + pieces]) for at in range(0, len(text), pieces)]
    whole = BlockDone(0, TextContent(text))
    assert shape(heard(*cut, whole, done())) == shape(heard(whole, done()))
