from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.decisions.history import UNKNOWN_OUTCOME, valid_history
from storage.records.message import (
    ChatMessage,
    Content,
    ImageContent,
    ProviderContent,
    Role,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)

AT = datetime(2026, 11, 21, tzinfo=UTC)
IDS = st.sampled_from("abc")
CONTENT: st.SearchStrategy[Content] = st.one_of(
    st.builds(TextContent, st.sampled_from(["", " ", "hello"])),
    st.builds(ToolCallContent, tool_call_id=IDS, name=st.just("x.y"), args=st.just({})),
    st.builds(ToolResultContent, tool_call_id=IDS, content=st.sampled_from(["", "r"])),
    st.just(ImageContent(url="https://example.org/a.png")),
    st.just(ProviderContent(provider="p", block={})),
)
ROLES: list[Role] = ["system", "user", "assistant", "tool", "function", "summary"]
MESSAGES = st.lists(
    st.builds(
        ChatMessage,
        id=st.uuids().map(str),
        role=st.sampled_from(ROLES),
        content=st.lists(CONTENT, max_size=3).map(tuple),
        created_at=st.just(AT),
        tool_call_id=st.none() | IDS,
        tool_calls=st.none()
        | st.lists(
            st.builds(ToolCallContent, tool_call_id=IDS, name=st.just("x.y"), args=st.just({})),
            max_size=2,
            unique_by=lambda call: call.tool_call_id,
        ).map(tuple),
    ),
    max_size=12,
)


def call(call_id: str) -> ToolCallContent:
    return ToolCallContent(tool_call_id=call_id, name="files.read", args={})


def result(call_id: str, content: str = "done") -> ToolResultContent:
    return ToolResultContent(tool_call_id=call_id, content=content)


def said(role: Role, *content: Content | str, name: str = "m", **fields: Any) -> ChatMessage:
    blocks = tuple(TextContent(c) if isinstance(c, str) else c for c in content)
    return ChatMessage(id=name, role=role, content=blocks, created_at=AT, **fields)


def asked(*calls: str) -> ChatMessage:
    blocks = tuple(map(call, calls))
    return said("assistant", *blocks, tool_calls=blocks)


def answer(call_id: str, content: str = "done") -> ChatMessage:
    return said("tool", result(call_id, content), tool_call_id=call_id)


USER = said("user", "hello")


def test_a_valid_history_is_left_alone() -> None:
    history = (
        said("system", "be careful"),
        USER,
        asked("a", "b"),
        answer("a"),
        answer("b"),
        said("assistant", "done"),
        USER,
    )
    assert valid_history(history) == history


def test_a_call_without_result_gets_one_that_says_so() -> None:
    history = valid_history([USER, asked("a", "b"), answer("b")])
    assert [message.role for message in history] == ["user", "assistant", "tool", "tool"]
    assert history[2].tool_call_id == "a"
    assert history[2].content == (
        ToolResultContent(tool_call_id="a", content=UNKNOWN_OUTCOME, is_error=True),
    )
    assert history[3] == answer("b")


def test_results_without_a_call_are_dropped() -> None:
    assert valid_history([USER, answer("a"), said("tool", "text")]) == (USER,)


def test_the_first_of_two_results_counts() -> None:
    history = valid_history([USER, asked("a"), answer("a", "one"), answer("a", "two")])
    assert history == (USER, asked("a"), answer("a", "one"))


def test_a_result_from_before_its_call_is_none() -> None:
    history = valid_history([USER, answer("a", "early"), asked("a")])
    assert history[-1].content[0] == ToolResultContent(
        tool_call_id="a", content=UNKNOWN_OUTCOME, is_error=True
    )


def test_results_move_to_right_after_their_call_and_into_its_order() -> None:
    other = said("user", "meanwhile")
    history = valid_history([USER, asked("a", "b"), other, answer("b"), answer("a")])
    assert history == (USER, asked("a", "b"), answer("a"), answer("b"), other)


def test_a_call_id_that_comes_again_is_told_apart() -> None:
    history = valid_history([USER, asked("a"), answer("a", "one"), asked("a"), answer("a", "two")])
    ids = [
        block.tool_call_id
        for message in history
        for block in message.content
        if isinstance(block, ToolCallContent | ToolResultContent)
    ]
    assert ids == ["a", "a", "a-2", "a-2"]
    assert [m.tool_call_id for m in history if m.role == "tool"] == ["a", "a-2"]
    assert valid_history(history) == history


def test_empty_messages_and_blank_text_are_dropped() -> None:
    mixed = said("assistant", " ", "words")
    history = valid_history([said("user", ""), USER, said("assistant"), mixed, said("user", "\n")])
    assert history == (USER, said("assistant", "words"))


def test_what_comes_before_the_user_is_dropped_with_its_results() -> None:
    system = said("system", "be careful")
    history = valid_history([said("assistant", "hi"), system, asked("a"), answer("a"), USER])
    assert history == (system, USER)


def test_without_a_word_of_the_user_only_system_messages_stay() -> None:
    assert valid_history([said("system", "x"), said("assistant", "hi")]) == (said("system", "x"),)


def test_a_summary_stands_for_what_the_user_said() -> None:
    history = (said("summary", "so far"), said("assistant", "yes"), USER)
    assert valid_history(history) == history


def test_several_results_in_one_message_become_one_message_each() -> None:
    both = said("user", result("a"), "and now?", result("b"))
    history = valid_history([USER, asked("a", "b"), both])
    assert [(message.role, message.tool_call_id) for message in history] == [
        ("user", None),
        ("assistant", None),
        ("tool", "a"),
        ("tool", "b"),
        ("user", None),
    ]
    assert history[-1].text == "and now?"


def test_the_text_of_a_tool_message_is_its_result() -> None:
    told = said("tool", "it is raining", tool_call_id="a")
    history = valid_history([USER, asked("a"), told])
    assert history[-1] == replace(told, content=(result("a", "it is raining"),))


def test_a_function_message_with_a_call_is_its_result_and_without_one_is_text() -> None:
    told = said("function", "it is raining", tool_call_id="a")
    free = said("function", "noon")
    history = valid_history([USER, asked("a"), free, told])
    assert [message.role for message in history] == ["user", "assistant", "tool", "function"]
    assert history[2].content == (result("a", "it is raining"),)
    assert history[3] == free


def test_calls_listed_beside_the_content_count_too() -> None:
    listed = said("assistant", "let me see", tool_calls=(call("a"),))
    history = valid_history([USER, listed, answer("a")])
    assert history[1].content == (TextContent("let me see"), call("a"))
    assert history[2] == answer("a")


def test_a_call_by_anybody_but_the_assistant_is_none() -> None:
    assert valid_history([said("user", "hello", call("a"))]) == (USER,)


@given(MESSAGES)
def test_making_it_valid_twice_changes_nothing(messages: list[ChatMessage]) -> None:
    once = valid_history(messages)
    assert valid_history(once) == once


@given(MESSAGES)
def test_whatever_was_recorded_a_model_would_take_it(messages: list[ChatMessage]) -> None:
    history = valid_history(messages)
    spoken = [message for message in history if message.role != "system"]
    assert not spoken or spoken[0].role in {"user", "summary"}
    assert all(message.content for message in history)
    waiting: list[str] = []
    seen: set[str] = set()
    for message in history:
        if waiting:
            assert message.role == "tool"
        if message.role == "tool":
            (block,) = message.content
            assert isinstance(block, ToolResultContent)
            assert message.tool_call_id == block.tool_call_id == waiting.pop(0)
            continue
        assert not any(isinstance(block, ToolResultContent) for block in message.content)
        calls = [b.tool_call_id for b in message.content if isinstance(b, ToolCallContent)]
        assert message.role == "assistant" or not calls
        assert message.role != "function" or message.tool_call_id is None
        assert not seen & set(calls)
        seen |= set(calls)
        waiting = calls
    assert not waiting


@given(MESSAGES)
def test_messages_with_nothing_to_mend_keep_their_text(messages: list[ChatMessage]) -> None:
    plain = [m for m in messages if m.role == "user" and m.text.strip()]
    kept = [message.text.strip() for message in valid_history(plain)]
    assert kept == [message.text.strip() for message in plain]
