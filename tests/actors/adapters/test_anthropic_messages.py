import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.adapters.anthropic_messages import (
    EMPTY,
    OPENING,
    UNKNOWN_OUTCOME,
    ProviderHistory,
    from_provider,
    system_blocks,
    to_provider,
    tool_params,
)
from actors.adapters.tool_names import ToolNames
from storage.records.message import (
    ChatMessage,
    ImageContent,
    ProviderContent,
    TextContent,
    ToolCallContent,
    ToolResultContent,
)
from tests.actors.adapters.conversation import ADD, NOW, message

NAMES = ToolNames(["demo.add"])
THINKING = {"type": "thinking", "thinking": "hm", "signature": "sig"}
CALL = ToolCallContent(tool_call_id="t1", name="demo.add", args={"a": 1})
RESULT = ToolResultContent(tool_call_id="t1", content="2")
PNG = "data:image/png;base64,iVBORw0KGgo="


def text(said: str) -> Any:
    return {"type": "text", "text": said}


def sent(*history: ChatMessage) -> Any:
    return to_provider(history).messages


def back(provided: Any) -> Any:
    ids = map(str, itertools.count())
    return from_provider(provided, NAMES, lambda: next(ids), NOW)


def spoken(history: Sequence[ChatMessage]) -> Any:
    return [(m.role, m.content, m.tool_call_id) for m in history]


def test_user_and_assistant_go_out_as_they_are() -> None:
    messages = sent(message("user", "Hello"), message("assistant", "Hi"))
    assert messages == [
        {"role": "user", "content": [text("Hello")]},
        {"role": "assistant", "content": [text("Hi")]},
    ]


def test_results_and_the_text_after_them_become_one_user_message_results_first() -> None:
    other = ToolCallContent(tool_call_id="t2", name="demo.add", args={})
    bad = ToolResultContent(tool_call_id="t2", content="no", is_error=True)
    messages = sent(
        message("user", "Add"),
        message("assistant", CALL, other),
        message("user", "Hurry"),
        message("tool", bad),
        message("tool", RESULT),
    )
    assert messages[1]["content"][0] == {
        "type": "tool_use",
        "id": "t1",
        "name": "demo__add",
        "input": {"a": 1},
    }
    assert messages[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "t1", "content": "2"},
        {"type": "tool_result", "tool_use_id": "t2", "content": "no", "is_error": True},
        text("Hurry"),
    ]


def test_a_call_without_a_result_is_answered_as_unknown() -> None:
    messages = sent(message("user", "Add"), message("assistant", CALL), message("user", "Well?"))
    assert messages[2]["content"] == [
        {
            "type": "tool_result",
            "tool_use_id": "t1",
            "content": UNKNOWN_OUTCOME,
            "is_error": True,
        },
        text("Well?"),
    ]
    assert sent(message("user", "Add"), message("assistant", CALL))[-1]["role"] == "user"


def test_a_result_without_its_call_becomes_text() -> None:
    messages = sent(message("user", "Hi"), message("tool", RESULT))
    assert messages == [
        {"role": "user", "content": [text("Hi"), text("[result of an earlier tool call]\n2")]}
    ]


def test_of_two_results_for_one_call_the_last_counts() -> None:
    later = ToolResultContent(tool_call_id="t1", content="3")
    messages = sent(
        message("user", "Add"), message("assistant", CALL), message("tool", RESULT, later)
    )
    assert messages[2]["content"] == [{"type": "tool_result", "tool_use_id": "t1", "content": "3"}]


def test_an_empty_result_has_no_content() -> None:
    empty = ToolResultContent(tool_call_id="t1", content=" ")
    messages = sent(message("user", "Add"), message("assistant", CALL), message("tool", empty))
    assert messages[2]["content"] == [{"type": "tool_result", "tool_use_id": "t1"}]


def test_calls_named_beside_the_content_go_out_once() -> None:
    both = message("assistant", "so", CALL, tool_calls=(CALL,))
    beside = message("assistant", "so", tool_calls=(CALL,))
    assert sent(message("user", "Add"), both) == sent(message("user", "Add"), beside)


def test_a_history_that_starts_with_the_assistant_gets_an_opening() -> None:
    messages = sent(message("assistant", "Welcome"))
    assert messages[0] == {"role": "user", "content": [text(OPENING)]}
    assert messages[1]["role"] == "assistant"


def test_empty_texts_stay_behind_and_an_empty_user_message_says_so() -> None:
    messages = sent(message("user", " "), message("assistant", "", "\n"), message("user", "", "x"))
    assert messages == [{"role": "user", "content": [text(EMPTY), text("x")]}]


def test_system_messages_are_added_to_the_prompt() -> None:
    history = (message("system", "Mind the gap."), message("user", "Hi"), message("system", " "))
    provided = to_provider(history)
    assert provided.system == ("Mind the gap.",)
    assert len(provided.messages) == 1


def test_parts_of_the_prompt_are_blocks_and_empty_ones_stay_behind() -> None:
    stable = text("stable")
    assert system_blocks(("stable", "now"), ("more",)) == [stable, text("now\n\nmore")]
    assert system_blocks(("stable", "")) == [stable]
    assert system_blocks(("", "now")) == [text("now")]
    assert system_blocks((" ", ""), ()) == []


def test_summaries_and_function_results_are_marked_as_such() -> None:
    messages = sent(message("summary", "They met."), message("function", "42"))
    assert messages[0]["content"] == [
        text("<conversation_summary>\nThey met.\n</conversation_summary>"),
        text("<function_result>\n42\n</function_result>"),
    ]


def test_a_tool_message_with_text_alone_is_the_result_of_its_call() -> None:
    messages = sent(
        message("user", "Add"), message("assistant", CALL), message("tool", "2", tool_call_id="t1")
    )
    assert messages[2]["content"] == [{"type": "tool_result", "tool_use_id": "t1", "content": "2"}]


def test_images_go_by_address_or_by_content() -> None:
    by_url = ImageContent(url="https://x.test/a.png")
    messages = sent(message("user", by_url, ImageContent(url=PNG)))
    assert messages[0]["content"] == [
        {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
        },
    ]


def test_an_image_that_cannot_be_sent_becomes_a_line() -> None:
    odd = ImageContent(url="file:///etc/passwd", alt_text="a cat")
    shown = ImageContent(url=PNG)
    user, assistant = sent(message("user", odd), message("assistant", shown))
    assert user["content"][0]["text"].startswith("[image left out")
    assert "a cat" in user["content"][0]["text"]
    assert assistant["content"] == [text("[image shown by the assistant]")]


def test_blocks_of_a_provider_go_back_to_it_unchanged_and_to_no_other() -> None:
    ours = ProviderContent(provider="anthropic", block=THINKING)
    other = ProviderContent(provider="elsewhere", block={"type": "thinking"})
    messages = sent(message("user", "Hi"), message("assistant", ours, other, "Hello"))
    assert messages[1]["content"] == [THINKING, text("Hello")]
    user = sent(message("user", ours, other))
    assert user[0]["content"] == [THINKING]


def test_blocks_on_the_wrong_side_stay_behind() -> None:
    messages = sent(message("user", "Hi", CALL), message("assistant", RESULT, "Hello"))
    assert messages == [
        {"role": "user", "content": [text("Hi")]},
        {"role": "assistant", "content": [text("Hello")]},
    ]


def test_tools_have_names_that_the_api_takes_and_a_schema_of_an_object() -> None:
    assert tool_params([ADD]) == [
        {
            "name": "demo__add",
            "description": "Add two numbers.",
            "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
        }
    ]


def test_records_come_back_as_they_went() -> None:
    history = (
        message("system", "Mind the gap."),
        message("summary", "They met."),
        message("user", "Look:", ImageContent(url=PNG)),
        message("assistant", ProviderContent(provider="anthropic", block=THINKING), "Well", CALL),
        message("tool", RESULT, tool_call_id="t1"),
        message("function", "42"),
        message("assistant", "Done"),
    )
    assert spoken(back(to_provider(history))) == spoken(history)


def test_an_error_comes_back_as_an_error() -> None:
    bad = ToolResultContent(tool_call_id="t1", content="no", is_error=True)
    history = (
        message("user", "Add"),
        message("assistant", CALL),
        message("tool", bad, tool_call_id="t1"),
    )
    assert spoken(back(to_provider(history))) == spoken(history)


def test_provider_messages_come_back_as_they_were() -> None:
    provided = ProviderHistory(
        ("Be kind.",),
        [
            {"role": "user", "content": [text(OPENING)]},
            {"role": "assistant", "content": [THINKING, {"type": "hologram", "depth": 3}]},
            {"role": "user", "content": [text("Hi")]},
            {
                "role": "assistant",
                "content": [
                    {"type": "tool_use", "id": "t1", "name": "demo__add", "input": {"a": 1}}
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "is_error": True},
                    {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}},
                ],
            },
        ],
    )
    assert to_provider(back(provided)) == provided


def test_a_result_of_blocks_is_read_as_text() -> None:
    blocks = [text("a"), {"type": "image", "source": {}}]
    result = {"type": "tool_result", "tool_use_id": "t1", "content": blocks}
    [record] = back(ProviderHistory((), [{"role": "user", "content": [result]}]))
    assert record.content == (ToolResultContent(tool_call_id="t1", content="a\n[image]"),)


ids = st.sampled_from(["t1", "t2", "t3"])
texts = st.sampled_from(["", " ", "word", "two words"]).map(TextContent)
calls = st.builds(ToolCallContent, tool_call_id=ids, name=st.just("demo.add"), args=st.just({}))
results = st.builds(
    ToolResultContent, tool_call_id=ids, content=st.sampled_from(["", "2"]), is_error=st.booleans()
)
others = st.builds(
    ProviderContent,
    provider=st.sampled_from(["anthropic", "elsewhere"]),
    block=st.just(THINKING),
)
images = st.builds(ImageContent, url=st.sampled_from([PNG, "https://x.test/a.png", "odd:"]))
contents = st.lists(
    st.one_of(texts, calls, results, others, images),
    max_size=4,
    unique_by=lambda b: (type(b), getattr(b, "tool_call_id", None) or id(b)),
)
roles = st.sampled_from(["system", "user", "assistant", "tool", "function", "summary"])
histories = st.lists(st.builds(lambda role, content: message(role, *content), roles, contents))


@given(histories)
def test_whatever_the_history_the_messages_are_valid(history: Sequence[ChatMessage]) -> None:
    messages = to_provider(history).messages
    assert [m["role"] for m in messages] == ["user", "assistant"] * (len(messages) // 2) + [
        "user"
    ] * (len(messages) % 2)
    calls_before: list[str] = []
    for said in messages:
        blocks = said["content"]
        assert blocks
        assert all(b["text"].strip() for b in blocks if b["type"] == "text")
        results = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
        assert results == calls_before
        assert all(b["type"] == "tool_result" for b in blocks[: len(results)])
        calls_before = [b["id"] for b in blocks if b["type"] == "tool_use"]
        assert len(set(calls_before)) == len(calls_before)
    assert not calls_before


@given(histories)
def test_what_was_sent_once_is_sent_the_same_again(history: Sequence[ChatMessage]) -> None:
    provided = to_provider(history)
    assert to_provider(back(provided)) == provided
