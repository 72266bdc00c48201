from collections.abc import Iterable
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.decisions.context.room import Room
from actors.decisions.context.strategy import Summarize, fit
from actors.decisions.context.summaries import with_summaries
from actors.decisions.history import valid_history
from storage.records.config import ContextStrategy
from storage.records.message import ChatMessage, ToolCallContent
from tests.actors.decisions.context.conversations import HISTORIES, SIZE, numbered, talk
from tests.actors.decisions.test_history import answer, asked, said

History = tuple[ChatMessage, ...]
STRATEGIES = [None, *get_args(ContextStrategy)]
ROOMS = st.builds(Room, st.integers(0, 160), st.integers(0, 20), st.integers(0, 20))


def fitted(
    strategy: ContextStrategy | None, messages: History, room: Room
) -> tuple[History | None, History]:
    """What is sent in the end, and what is recorded then: each summary that is asked for is made.

    A summary is as long as it may be. There are never more of them than messages.
    """
    recorded = messages
    for number in range(len(messages) + 1):
        found = fit(strategy, valid_history(with_summaries(recorded)), room, SIZE)
        if not isinstance(found, Summarize):
            return found, recorded
        text = "so " * (room.summary - 1)
        ids = [each.id for each in found.span]
        made = said("summary", text, name=f"s{number}", metadata={"summarized_messages": ids})
        recorded = (*recorded, made)
    raise AssertionError("a summary was asked for again and again")


def total(history: Iterable[ChatMessage]) -> int:
    return sum(map(SIZE, history))


def ends(history: History) -> tuple[str | None, str | None]:
    """The first message of the user and the last one."""
    users = [message.id for message in history if message.role == "user"]
    return (users[0], users[-1]) if users else (None, None)


@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(max_examples=60, deadline=None)
@given(history=HISTORIES, room=ROOMS)
def test_what_is_sent_is_valid_and_fits(
    strategy: ContextStrategy | None, history: History, room: Room
) -> None:
    sent, _ = fitted(strategy, history, room)
    if sent is not None:
        assert valid_history(sent) == sent
        assert total(sent) <= room.most or sent == ()


@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(max_examples=60, deadline=None)
@given(history=HISTORIES, room=ROOMS)
def test_nothing_is_sent_only_if_the_last_request_cannot_be(
    strategy: ContextStrategy | None, history: History, room: Room
) -> None:
    sent, _ = fitted(strategy, history, room)
    units = [message for message in valid_history(history) if message.role != "system"]
    if sent is None:
        if not units:
            assert total(history) > room.most
            return
        last = ends(history)[1] or units[0].id
        newest = [at for at, message in enumerate(units) if message.role != "tool"][-1]
        needed = [message for message in history if message.role == "system"]
        needed += [message for message in units[:newest] if message.id == last]
        assert total([*needed, *units[newest:]]) > room.most


@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(max_examples=60, deadline=None)
@given(history=HISTORIES, room=ROOMS)
def test_what_the_user_said_first_and_last_is_kept(
    strategy: ContextStrategy | None, history: History, room: Room
) -> None:
    sent, _ = fitted(strategy, history, room)
    if sent:
        first, last = ends(history)
        ids = [message.id for message in sent]
        assert last is None or last in ids
        opening = [message for message in history if message.id in {first, last}]
        system = [message for message in history if message.role == "system"]
        newest = [message for message in sent if message.role != "tool"][-1:]
        rest = [message for message in sent if message.role == "tool"]
        if first is not None and first not in ids:
            assert (
                total({m.id: m for m in [*opening, *system, *newest, *rest]}.values()) > room.most
            )


@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(max_examples=60, deadline=None)
@given(history=HISTORIES, room=ROOMS)
def test_what_is_kept_is_in_order_and_calls_keep_their_results(
    strategy: ContextStrategy | None, history: History, room: Room
) -> None:
    sent, _ = fitted(strategy, history, room)
    order = {message.id: at for at, message in enumerate(history)}
    places = [order[message.id] for message in sent or () if message.id in order]
    assert all(before < after for before, after in pairwise(places))
    calls = [
        b.tool_call_id for m in sent or () for b in m.content if isinstance(b, ToolCallContent)
    ]
    assert calls == [m.tool_call_id for m in sent or () if m.role == "tool"]


@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(max_examples=60, deadline=None)
@given(history=HISTORIES, room=ROOMS)
def test_doing_it_again_changes_nothing(
    strategy: ContextStrategy | None, history: History, room: Room
) -> None:
    sent, recorded = fitted(strategy, history, room)
    if sent is not None:
        assert fit(strategy, sent, room, SIZE) == sent
    assert fitted(strategy, recorded, room) == (sent, recorded)


LONG = talk(
    ("user", "one two three"),
    ("assistant", "apple apple apple"),
    ("user", "tell of plums please"),
    ("assistant", "plums are blue fruit"),
    ("user", "and of pears then"),
    ("assistant", "pears are green fruit"),
    ("user", "figs"),
    ("assistant", "brown"),
    ("user", "dates"),
    ("assistant", "sweet"),
    ("user", "more of plums"),
)


def ids(sent: History | Summarize | None) -> list[str]:
    assert isinstance(sent, tuple)
    return [message.id for message in sent]


def test_truncation_leaves_out_the_oldest_rounds() -> None:
    room = Room(28, 0, 0)
    assert ids(fit("truncate", LONG, room, SIZE)) == [
        "m0", "m4", "m5", "m6", "m7", "m8", "m9", "m10"
    ]  # fmt: skip
    assert fit(None, LONG, room, SIZE) == fit("truncate", LONG, room, SIZE)


def test_relevance_keeps_the_latest_and_what_the_request_is_about() -> None:
    sent = fit("relevance", LONG, Room(28, 0, 0), SIZE)
    assert ids(sent) == ["m0", "m2", "m3", "m6", "m7", "m8", "m9", "m10"]


@pytest.mark.parametrize(
    ("window", "way"), [(80, "whole"), (70, "whole"), (60, "relevance"), (49, "summary")]
)
def test_adaptive_goes_by_how_full_the_window_is(window: int, way: str) -> None:
    sent = fit("adaptive", LONG, Room(window, 0, 0), SIZE)
    if way == "whole":
        assert sent == LONG
    elif way == "relevance":
        assert isinstance(sent, tuple)
        assert total(sent) <= 0.6 * window
        assert sent == fit("relevance", LONG, Room(int(0.6 * window), 0, 0), SIZE)
    else:
        assert isinstance(sent, Summarize)


def test_a_full_window_is_summarized_from_its_oldest_round_on() -> None:
    found = fit("summarize", LONG, Room(39, 0, 0), SIZE)
    assert isinstance(found, Summarize)
    assert [message.id for message in found.span] == [f"m{at}" for at in range(1, 8)]
    assert fit("summarize", LONG, Room(40, 0, 0), SIZE) == LONG


def test_what_is_too_long_by_itself_cannot_be_sent() -> None:
    for strategy in STRATEGIES:
        assert fit(strategy, LONG[-1:], Room(3, 0, 0), SIZE) is None


HUGE = "huge " * 80


@pytest.mark.parametrize("place", [0, 4, 10])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_request_that_failed_for_its_size_pushes_nothing_out(
    strategy: ContextStrategy | None, place: int
) -> None:
    failed = replace(talk(("user", HUGE))[0], id="huge")
    history = (*LONG[:place], failed, *LONG[place:])
    for window in (28, 49, 60):
        room = Room(window, 0, 0)
        assert fit(strategy, history, room, SIZE) == fit(strategy, LONG, room, SIZE)
    whole = Room(total(history), 0, 0)
    assert fit("truncate", history, whole, SIZE) == history


def test_a_round_that_failed_for_the_size_of_a_result_pushes_nothing_out() -> None:
    failed = numbered([said("user", "read"), asked("c"), answer("c", HUGE)])
    failed = tuple(replace(each, id=f"failed-{each.id}") for each in failed)
    history = valid_history((*LONG[:10], *failed, LONG[10]))
    room = Room(40, 0, 0)
    assert fit("summarize", history, room, SIZE) == LONG


def test_the_first_message_goes_only_if_nothing_else_helps() -> None:
    sent = fit("truncate", LONG, Room(6, 0, 0), SIZE)
    assert ids(sent) == ["m10"]


def test_prompt_tools_and_answer_take_their_part() -> None:
    whole = total(LONG)
    assert fit("truncate", LONG, Room(whole + 9, 5, 4), SIZE) == LONG
    assert fit("truncate", LONG, Room(whole + 8, 5, 4), SIZE) != LONG
