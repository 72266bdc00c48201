"""Results and histories as text: nothing in a result ends it, or passes for a call."""

from hypothesis import given
from hypothesis import strategies as st

from actors.decisions.text_calls import CLOSE, OPEN, WrittenCall, parsed, problem_of
from actors.decisions.text_history import ToldResult, as_text, formatted_result, results_in
from storage.records.message import (
    ImageContent,
    ProviderContent,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)
from tests.actors.adapters.conversation import message

CALL = ToolCallContent(tool_call_id="c1", name="demo.add", args={"a": 1})
WRITTEN = '<tool_call>{"tool":"demo.add","parameters":{"a":1}}</tool_call>'
HOSTILE = st.lists(
    st.sampled_from(
        ["<tool_result", "</tool_result>", OPEN, CLOSE, "\\", "<", "/", "\n", ' tool="x">', "a"]
    )
    | st.text(max_size=5)
).map("".join)


@given(st.lists(st.builds(ToldResult, tool=HOSTILE, content=HOSTILE, is_error=st.booleans())))
def test_results_come_back_as_they_went(told: list[ToldResult]) -> None:
    text = "\n".join(map(formatted_result, told))
    assert results_in(text) == tuple(told)
    assert text.count("<tool_result") == text.count("</tool_result>") == len(told)
    assert OPEN not in text


def test_a_result_says_of_which_tool_it_is_and_whether_it_is_an_error() -> None:
    assert formatted_result(ToldResult(tool="demo.add", content="42")) == (
        '<tool_result tool="demo.add">\n42\n</tool_result>'
    )
    assert formatted_result(ToldResult(tool="x", content="no", is_error=True)) == (
        '<tool_result tool="x" status="error">\nno\n</tool_result>'
    )


@given(HOSTILE)
def test_what_is_wrong_with_a_call_is_told_without_a_wrong_form(body: str) -> None:
    for is_closed in (True, False):
        call = parsed(WrittenCall(body, is_closed=is_closed), "c1")
        told = problem_of(call.name, call.args)
        assert told is not None
        assert '"# Tools"' in told
        assert told in formatted_result(ToldResult(tool=call.name, content=told, is_error=True))


def test_a_history_becomes_what_such_a_model_would_have_written_and_heard() -> None:
    first = ToolResultContent(tool_call_id="c1", content="42")
    second = ToolResultContent(tool_call_id="c2", content="no", is_error=True)
    other = ToolCallContent(tool_call_id="c2", name="demo.boom", args={})
    told = as_text(
        (
            message("user", "add", ImageContent(url="https://x.test/a.png")),
            message("assistant", "Adding.", CALL, other, tool_calls=(CALL, other)),
            message("tool", first, tool_call_id="c1"),
            message("tool", second, tool_call_id="c2"),
            message("assistant", "It is 42."),
        )
    )
    assert [one.role for one in told] == ["user", "assistant", "user", "user", "assistant"]
    assert told[0].content[1] == ImageContent(url="https://x.test/a.png")
    boom = '<tool_call>{"tool":"demo.boom","parameters":{}}</tool_call>'
    assert told[1].content == (TextContent(f"Adding.\n{WRITTEN}\n{boom}"),)
    assert results_in(told[2].text) == (ToldResult(tool="demo.add", content="42"),)
    assert results_in(told[3].text) == (ToldResult(tool="demo.boom", content="no", is_error=True),)
    assert all(one.tool_call_id is None and one.tool_calls is None for one in told)
    assert as_text(told) == told


def test_blocks_of_a_provider_stay_where_they_are() -> None:
    thinking = ProviderContent(provider="anthropic", block={"type": "thinking"})
    (told,) = as_text((message("assistant", thinking, CALL),))
    assert told.content == (thinking, TextContent(WRITTEN))
