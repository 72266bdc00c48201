"""The turn machine: rounds, queue, retries and ends."""

from typing import Any

import pytest

from actors.decisions.requests import MESSAGE_LIMIT_BYTES
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.errors import LineTooLong
from storage.journal.frame import require_fit
from storage.records import event as e
from storage.records import request as r
from storage.records.conversation import Failure
from storage.records.message import TextContent
from storage.records.workspace import ConversationSettings
from tests.actors.decisions.given import (
    ID,
    NOW,
    USAGE,
    Play,
    answer,
    call,
    talker,
    talking,
    terminal,
)


def roles(play: Play) -> list[str]:
    return [message.role for message in play.state.messages]


def test_a_round_without_tools_is_one_turn_and_two_messages() -> None:
    play = talking()
    asked = play.decide(r.Request(session=ID, content="hello"))
    response = play.response
    assert response.startswith(f"{ID}-")
    assert play.effects == [f.AskModel(response, 0)]
    assert answer(asked, play.state) is None
    play.arrives("hi ", "there")
    assert roles(play) == ["user", "assistant"]
    answered = answer(asked, play.state)
    assert answered["text"] == "hi there"
    assert answered["status"] == "completed"
    assert answered["usage"] == USAGE
    assert str(answered["cost"]) == "1.2"
    assert (play.session.open_requests, play.session.message_count) == (0, 2)


def test_the_cost_of_an_unknown_model_is_unknown() -> None:
    play = talking()
    asked = play.decide(r.Request(session=ID, content="hello"))
    play.arrives("hi", model="other")
    assert answer(asked, play.state)["cost"] is None
    assert play.session.metrics.estimated_cost is None


def test_a_request_without_waiting_is_answered_at_acceptance() -> None:
    play = talking()
    asked = play.decide(r.Request(session=ID, content="hello", wait=False))
    assert answer(asked, play.state) == {"response_id": play.response}


def test_content_in_blocks_is_recorded_as_it_is() -> None:
    play = talking()
    play.decide(r.Request(session=ID, content=(TextContent("a"), TextContent("b"))))
    assert play.state.messages[-1].content == (TextContent("a"), TextContent("b"))


@pytest.mark.parametrize("text", ["x" * 3_000_000, "\x01" * 400_000])
def test_a_message_that_is_too_large_is_told_its_own_size_and_the_limit(text: str) -> None:
    play = talking()
    refusal = play.refused(r.Request(session=ID, content=text, wait=False))
    size = {"x": "3,000,000", "\x01": "2,400,000"}[text[0]]
    assert refusal.code == "too-large"
    start = f"the message has {size} bytes, and 2,000,000 at most can be sent at once:"
    assert refusal.message.startswith(start)


def test_the_largest_message_fits_into_a_line_of_the_journal() -> None:
    play = talking()
    play.decide(r.Request(session=ID, content="x" * MESSAGE_LIMIT_BYTES, wait=False))
    assert len(play.state.messages[-1].text) == MESSAGE_LIMIT_BYTES
    require_fit(NOW, tuple(play.events))
    with pytest.raises(LineTooLong):
        require_fit(NOW, tuple(play.events) * 3)


def test_blocks_are_journaled_as_they_come() -> None:
    play = talking()
    response = play.asks()
    play.decide(o.BlockArrived(response, 0, TextContent("one")))
    play.decide(o.BlockArrived(response, 0, TextContent("two")))
    assert play.round(response).turns[0].text == "onetwo"


def test_requests_are_answered_in_order_and_join_the_history_when_their_turn_comes() -> None:
    play = talking()
    first, second, third = play.asks("1"), play.asks("2"), play.asks("3")
    assert [one.status for one in play.state.open_rounds] == ["running", "queued", "queued"]
    assert play.wanted(f.AskModel) == [f.AskModel(first, 0)]
    assert play.session.open_requests == 3
    for response, text in ((first, "1"), (second, "2"), (third, "3")):
        assert play.response == response
        assert play.state.messages[-1].text == text
        play.arrives(f"to {text}")
    assert [message.text for message in play.state.messages] == [
        *("1", "to 1"),
        *("2", "to 2"),
        *("3", "to 3"),
    ]
    assert [one.id for one in play.state.rounds] == [first, second, third]


@pytest.mark.parametrize(
    ("workers", "request_fields", "code"),
    [
        ((terminal(),), {}, "no-conversation"),
        ((terminal(name="sh"), talker()), {"worker": "sh"}, "no-conversation"),
        ((talker(),), {"worker": "stranger"}, "worker-not-found"),
        ((talker(),), {"content": " \n"}, "bad-request"),
    ],
)
def test_a_request_that_nobody_can_answer_is_refused(
    workers: Any, request_fields: dict[str, Any], code: str
) -> None:
    play = Play.of(*workers)
    refusal = play.refused(r.Request(session=ID, **({"content": "hello"} | request_fields)))
    assert refusal.code == code


def test_a_conversation_can_be_named() -> None:
    play = Play.of(terminal(), talker(name="chat"))
    play.asks(worker="chat")
    assert play.wanted(f.AskModel)


def test_a_stopped_session_takes_no_request() -> None:
    play = talking()
    play.decide(r.StopSession(session=ID))
    refusal = play.refused(r.Request(session=ID, content="hello"))
    assert refusal.code == "session-stopped"
    assert f"greenroom run {ID}" in refusal.message


def test_a_stopped_conversation_takes_no_request() -> None:
    play = talking()
    play.decide(r.StopWorker(session=ID, worker=play.worker.id))
    refusal = play.refused(r.Request(session=ID, content="hello"))
    assert refusal.code == "worker-not-running"
    assert f"greenroom run {ID}/{play.worker.name}" in refusal.message


def test_a_quarantined_conversation_fails_what_is_open_and_takes_no_request() -> None:
    play = talking()
    running, queued = play.asks(), play.asks()
    play.decide(o.WorkerGaveUp(play.worker.id, "ValueError: x"))
    assert [play.round(one).status for one in (running, queued)] == ["failed", "failed"]
    assert play.worker.status == "quarantined"
    refusal = play.refused(r.Request(session=ID, content="hello"))
    assert (refusal.code, "ValueError: x" in refusal.message) == ("worker-not-running", True)
    play.decide(r.RestartWorker(session=ID, worker=play.worker.id))
    play.decide(o.WorkerUp(play.worker.id))
    assert play.asks() == play.response


def test_a_failed_call_is_asked_again_three_times_with_growing_pauses() -> None:
    play = talking()
    response = play.asks()
    for attempt in (1, 2, 3):
        play.decide(o.BlockArrived(response, 0, TextContent("half")))
        play.fails()
        turn = play.round(response).turns[0]
        assert (turn.retries, turn.status, turn.content) == (attempt, "streaming", ())
    assert [ask.delay_seconds for ask in play.wanted(f.AskModel)[1:]] == [0.5, 1.0, 2.0]
    assert [told.delay_seconds for told in play.told(e.TurnRetried)] == [0.5, 1.0, 2.0]
    play.fails(content=(TextContent("half"),))
    done = play.round(response)
    assert done.failure == Failure(code="provider-error", message="busy")
    assert (done.status, done.turns[0].status, done.turns[0].text) == ("failed", "error", "half")
    assert roles(play) == ["user"]


def test_a_call_that_succeeds_after_a_failure_is_a_turn_like_any_other() -> None:
    play = talking()
    response = play.asks()
    play.fails()
    play.arrives("hi")
    assert play.round(response).status == "completed"


@pytest.mark.parametrize(("wish", "delay"), [(0.0, 0.0), (7.5, 7.5), (3600.0, 60.0)])
def test_a_wish_when_to_ask_again_is_granted_up_to_a_cap(wish: float, delay: float) -> None:
    play = talking()
    play.asks()
    play.fails(retry_after_seconds=wish)
    assert play.wanted(f.AskModel)[-1].delay_seconds == delay


def test_what_cannot_pass_is_not_asked_again() -> None:
    play = talking()
    asked = play.decide(r.Request(session=ID, content="hello"))
    play.fails(retryable=False, code="provider-unavailable", message="no such provider")
    refusal = answer(asked, play.state)
    assert (refusal.code, refusal.message) == ("provider-unavailable", "no such provider")
    assert refusal.data["turns"][0].error == "no such provider"


def test_a_failed_round_lets_the_next_one_begin() -> None:
    play = talking()
    play.asks()
    second = play.asks()
    play.fails(retryable=False)
    assert play.wanted(f.AskModel)[-1] == f.AskModel(second, 0)


@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded"])
def test_a_call_cut_by_the_output_limit_is_never_run(reason: str) -> None:
    play = talking()
    response = play.asks()
    play.arrives("let me", call("c1"), stop_reason=reason)
    done = play.round(response)
    assert done.failure is not None
    assert done.failure.code == "output-limit"
    assert done.turns[0].tool_calls == ()
    assert not play.wanted(f.CallTool)
    assert play.state.messages[-1].tool_calls is None


def test_a_call_in_a_turn_that_did_not_end_for_it_is_never_run() -> None:
    play = talking()
    response = play.asks()
    play.arrives(call("c1"), stop_reason="end_turn")
    failure = play.round(response).failure
    assert failure is not None
    assert (failure.code, "end_turn" in failure.message) == ("provider-error", True)
    assert not play.wanted(f.CallTool)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (("cut he",), "max_tokens"),
        (("I will not",), "refusal"),
        ((call("c1"),), "refusal"),
        (("text",), "tool_use"),
        ((), "tool_use"),
        ((), "end_turn"),
    ],
)
def test_a_turn_without_a_call_to_run_ends_its_round(content: Any, reason: str) -> None:
    play = talking()
    response = play.asks()
    play.arrives(*content, stop_reason=reason)
    done = play.round(response)
    assert (done.status, done.turns[0].stop_reason) == ("completed", reason)
    assert not play.wanted(f.CallTool)


def test_an_empty_turn_leaves_no_message_but_its_numbers() -> None:
    play = talking()
    play.asks()
    play.arrives()
    assert roles(play) == ["user"]
    assert play.session.metrics.total_tokens == USAGE.prompt_tokens + USAGE.completion_tokens


def test_a_model_that_comes_to_no_end_is_stopped_at_the_turn_limit() -> None:
    play = talking()
    response = play.asks()
    for number in range(50):
        assert play.round(response).status == "running"
        play.arrives(call(f"c{number}", "files.read"))
        play.returns(f"c{number}", f"result {number}")
    failure = play.round(response).failure
    assert failure is not None
    assert failure.code == "turn-limit"
    assert len(play.round(response).turns) == 50


def test_the_turn_limit_is_a_setting() -> None:
    play = talking()
    play.conversation = ConversationSettings(turn_limit=1)
    response = play.asks()
    play.arrives(call("c", "files.read"))
    play.returns("c")
    failure = play.round(response).failure
    assert failure is not None
    assert failure.message == "no end after 1 turns; send another request to go on"


def test_each_turn_carries_its_model() -> None:
    play = talking()
    response = play.asks()
    play.decide(r.UpdateSession(session=ID, updates={"config": {"model": "other"}}))
    play.arrives(call("c1", "files.read"))
    play.returns("c1")
    assert [turn.model for turn in play.round(response).turns] == ["known", "other"]
