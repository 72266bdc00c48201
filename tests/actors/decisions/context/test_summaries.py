from typing import Any

import pytest

from actors.decisions.context.room import Room
from actors.decisions.context.sizes import text_tokens
from actors.decisions.context.summaries import (
    BLOCK_CHARACTERS,
    to_summarize,
    transcript,
    with_summaries,
)
from storage.records.message import ChatMessage, ImageContent, ProviderContent
from tests.actors.decisions.context.conversations import SIZE, numbered, talk
from tests.actors.decisions.test_history import answer, asked, said

TALK = talk(
    ("user", "one"),
    ("assistant", "two"),
    ("user", "three"),
    ("assistant", "four"),
    ("user", "five"),
)


def summary(name: str, *of: str) -> ChatMessage:
    return said("summary", "in short", name=name, metadata={"summarized_messages": list(of)})


def sent(*messages: ChatMessage) -> list[str]:
    return [message.id for message in with_summaries(messages)]


def test_a_summary_is_sent_where_the_last_of_its_messages_was() -> None:
    assert sent(*TALK, summary("s", "m1", "m2")) == ["m0", "s", "m3", "m4"]
    assert sent(*TALK, summary("s", "m1", "m3")) == ["m0", "m2", "s", "m4"]


def test_a_summary_of_a_summary_stands_for_its_messages_too() -> None:
    first, second = summary("s", "m1", "m2"), summary("t", "s", "m3")
    assert sent(*TALK, first, second) == ["m0", "t", "m4"]
    later = said("user", "six", name="m5")
    assert sent(*TALK, first, later, second) == ["m0", "t", "m4", "m5"]


@pytest.mark.parametrize("metadata", [None, {}, {"summarized_messages": "m1"}, {"other": ["m1"]}])
def test_a_summary_that_names_nothing_stays_where_it_was_put(metadata: Any) -> None:
    by_hand = said("summary", "in short", name="s", metadata=metadata)
    assert with_summaries([by_hand, *TALK]) == (by_hand, *TALK)


def test_names_of_nobody_and_of_each_other_do_no_harm() -> None:
    assert sent(*TALK, summary("s", "gone")) == ["m0", "m1", "m2", "m3", "m4", "s"]
    assert sent(*TALK, summary("s", "s", "m1")) == ["m0", "s", "m2", "m3", "m4"]
    circle = [summary("s", "t", "m1"), summary("t", "s", "m2")]
    assert sent(*TALK, *circle) == ["m0", "t", "m3", "m4"]


def test_a_summary_stands_for_nothing_that_came_after_it() -> None:
    assert sent(*TALK[:3], summary("s", "m1", "m3", "m4"), *TALK[3:]) == [
        "m0", "s", "m2", "m3", "m4"
    ]  # fmt: skip


@pytest.mark.parametrize("named", [[["m1"]], [None], [{"id": "m1"}], [7], []])
def test_names_that_are_none_do_no_harm(named: Any) -> None:
    by_hand = said("summary", "in short", name="s", metadata={"summarized_messages": named})
    assert sent(*TALK, by_hand) == ["m0", "m1", "m2", "m3", "m4", "s"]


def test_only_a_summary_stands_for_others() -> None:
    other = said("user", "x", name="x", metadata={"summarized_messages": ["m1"]})
    assert sent(*TALK, other) == ["m0", "m1", "m2", "m3", "m4", "x"]


def span(history: tuple[ChatMessage, ...], window: int, target: int) -> list[str]:
    return [one.id for one in to_summarize(history, Room(window, 0, 0), target, SIZE)]


def test_the_span_ends_where_the_rest_fits() -> None:
    assert span(TALK, 100, 18) == ["m1", "m2", "m3"]
    assert span(TALK, 100, 20) == ["m1"]


def test_an_earlier_summary_is_summarized_with_what_follows_it() -> None:
    history = with_summaries([*TALK, summary("s", "m1")])
    assert span(history, 100, 0) == ["s", "m2", "m3"]


def test_a_summary_alone_is_not_summarized_again() -> None:
    history = with_summaries([*TALK, summary("s", "m1", "m2", "m3")])
    assert span(history, 100, 0) == []


def test_one_call_is_shown_no_more_than_it_can_take() -> None:
    assert span(TALK, 8, 0) == ["m1", "m2", "m3"]
    assert span(TALK, 5, 0) == ["m1"]


def test_what_must_stay_leaves_no_room_for_a_summary() -> None:
    assert span(TALK, 3, 0) == []


def test_turns_of_a_long_round_are_summarized_before_its_newest() -> None:
    turns = [[asked(str(turn)), answer(str(turn))] for turn in range(4)]
    history = numbered([said("user", "go"), *(each for turn in turns for each in turn)])
    assert span(history, 100, 20) == ["m1", "m2", "m3", "m4"]


def test_a_transcript_tells_who_said_what() -> None:
    told = transcript(
        [
            said("user", "look", ImageContent(url="https://example.org/a", alt_text="a cat")),
            asked("a"),
            answer("a", "no file"),
            said("assistant", ProviderContent(provider="p", block={})),
        ],
        1000,
    )
    assert told.splitlines()[1:-1] == [
        "user: look [an image: a cat]",
        "",
        "assistant: [calls files.read {}]",
        "",
        "tool: [result: no file]",
    ]


def test_long_texts_are_cut_in_the_middle() -> None:
    long = "a" * BLOCK_CHARACTERS + "b" * BLOCK_CHARACTERS
    told = transcript([said("user", long)], 10_000)
    assert f"[… {BLOCK_CHARACTERS} characters left out …]" in told
    many = [said("user", "ü" * 100) for _ in range(100)]
    assert text_tokens(transcript(many, 500)) < 600
