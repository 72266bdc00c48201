"""Ending a round early, at every step, and what is heard of it later."""

from typing import Any

import pytest

from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records import request as r
from storage.records.conversation import Usage
from storage.records.message import TextContent
from tests.actors.decisions.given import (
    ID,
    READS,
    USAGE,
    Play,
    answer,
    call,
    talking,
)


def roles(play: Play) -> list[str]:
    return [message.role for message in play.state.messages]


def test_a_queued_request_is_cancelled_without_a_trace_in_the_history() -> None:
    play = talking()
    running, queued = play.asks("1"), play.asks("2")
    cancelled = play.decide(r.Cancel(response_id=queued))
    assert answer(cancelled, play.state) == {"response_id": queued, "status": "cancelled"}
    assert [message.text for message in play.state.messages] == ["1"]
    assert not play.wanted(f.CancelResponse)
    assert play.round(running).status == "running"


def test_a_turn_that_streams_is_cancelled_with_what_has_arrived() -> None:
    play = talking()
    asked = play.decide(r.Request(session=ID, content="hello"))
    response = play.response
    second = play.asks("2")
    play.written = {response: (TextContent("so fa"),)}
    play.forget()
    play.decide(r.Cancel(response_id=response))
    done = play.round(response)
    assert (done.status, done.turns[0].status, done.text) == ("cancelled", "interrupted", "so fa")
    assert play.effects == [f.CancelResponse(response), f.AskModel(second, 0)]
    assert answer(asked, play.state).code == "cancelled"


def test_what_had_come_of_a_cancelled_turn_is_booked() -> None:
    play = talking()
    response = play.asks()
    play.written = {response: (TextContent("so fa"),)}
    play.decide(r.Cancel(response_id=response))
    (turn,) = play.round(response).turns
    assert turn.estimated
    assert turn.usage is not None
    assert play.session.metrics.total_tokens == turn.usage.total_tokens > 0


def test_the_prompt_of_a_cancelled_turn_is_booked_once_it_was_sent() -> None:
    play = talking()
    response = play.asks()
    play.sent = {response: Usage(prompt_tokens=500, completion_tokens=1, cache_read_tokens=400)}
    play.decide(r.Cancel(response_id=response))
    (turn,) = play.round(response).turns
    assert (turn.estimated, turn.usage) == (True, play.sent[response])
    metrics = play.session.metrics
    assert (metrics.total_tokens, metrics.cache_read_tokens) == (501, 400)
    assert metrics.estimated_cost is not None


def test_a_prompt_that_was_sent_and_is_not_counted_is_estimated() -> None:
    play = talking()
    play.asks()
    play.arrives("two")
    response = play.asks()
    play.sent = {response: None}
    before = play.session.metrics.total_tokens
    play.decide(r.Cancel(response_id=response))
    assert play.session.metrics.total_tokens >= before + USAGE.total_tokens


def test_a_turn_that_was_not_sent_yet_costs_nothing() -> None:
    play = talking()
    response = play.asks()
    play.decide(r.Cancel(response_id=response))
    assert play.round(response).turns[0].usage is None
    assert play.session.metrics.total_tokens == 0


def test_cancelling_while_a_call_waits_for_its_retry_ends_it() -> None:
    play = talking()
    response = play.asks()
    play.fails()
    play.decide(r.Cancel(response_id=response))
    assert play.round(response).status == "cancelled"
    assert play.session.metrics.total_tokens == 0
    assert play.effects[-1] == f.CancelResponse(response)


def test_cancelling_while_tools_run_settles_every_call() -> None:
    play = talking()
    response = play.asks()
    play.arrives(call("done", "files.read"), call("runs"), call("waits"))
    play.returns("done")
    play.decide(r.Cancel(response_id=response))
    calls = play.round(response).turns[0].tool_calls
    assert [one.status for one in calls] == ["completed", "unknown", "denied"]
    assert roles(play) == ["user", "assistant", "tool", "tool", "tool"]
    assert play.effects[-1] == f.CancelResponse(response)


def test_cancelling_what_has_ended_changes_nothing() -> None:
    play = talking()
    response = play.asks()
    play.arrives("hi")
    cancelled = play.decide(r.Cancel(response_id=response))
    assert cancelled.events == ()
    assert answer(cancelled, play.state) == {"response_id": response, "status": "completed"}


def test_cancelling_the_unknown_is_refused() -> None:
    assert talking().refused(r.Cancel(response_id="x-1")).code == "response-not-found"


# Late news.


def late(response: str, number: int) -> list[Any]:
    return [
        o.BlockArrived(response, number, TextContent("late")),
        o.TurnFailed(response_id=response, number=number, code="x", message="late", retryable=True),
        o.ToolReturned(response_id=response, tool_call_id="c1", content="late", is_error=False),
    ]


@pytest.mark.parametrize("ending", ["cancelled", "completed", "unknown"])
def test_late_news_of_a_closed_round_is_of_no_interest(ending: str) -> None:
    play = talking()
    response = play.asks()
    if ending == "cancelled":
        play.decide(r.Cancel(response_id=response))
    elif ending == "completed":
        play.arrives("hi")
    else:
        response = "session-other"
    following = play.asks()
    before = play.state
    for outcome in late(response, 0):
        assert play.decide(outcome).events == ()
    play.arrives("late", response=response, number=0)
    assert play.state == before
    assert play.round(following).is_open


def test_late_news_of_an_earlier_turn_is_of_no_interest() -> None:
    play = talking()
    response = play.asks()
    play.arrives(call("c1", "files.read"), tools=(READS,))
    play.returns("c1")
    before = play.state
    for outcome in late(response, 0):
        assert play.decide(outcome).events == ()
    play.arrives("late", number=0)
    assert play.state == before


def test_a_queued_request_hears_no_news() -> None:
    play = talking()
    play.asks()
    queued = play.asks()
    before = play.state
    for outcome in late(queued, 0):
        play.decide(outcome)
    assert play.state == before


# Pause, stop, delete.


def test_a_pause_cancels_what_runs_and_keeps_the_queue() -> None:
    play = talking()
    running, queued = play.asks("1"), play.asks("2")
    play.decide(r.PauseSession(session=ID))
    assert play.round(running).status == "cancelled"
    failure = play.round(running).failure
    assert failure is not None
    assert "paused" in failure.message
    later = play.asks("3")
    assert [one.id for one in play.state.open_rounds] == [queued, later]
    play.forget()
    play.decide(r.ResumeSession(session=ID))
    assert play.effects == [f.StartWorker(play.worker.id)]
    play.decide(o.WorkerUp(play.worker.id))
    assert play.effects[1:] == [f.AskModel(queued, 0)]


@pytest.mark.parametrize(
    "ending",
    [
        lambda play: r.StopSession(session=ID),
        lambda play: r.StopWorker(session=ID, worker=play.worker.id),
        lambda play: r.DeleteWorker(session=ID, worker=play.worker.id),
        lambda play: r.ArchiveSession(session=ID),
        lambda play: r.DeleteSession(session=ID),
    ],
)
def test_ending_a_conversation_in_any_way_cancels_all_that_is_open(ending: Any) -> None:
    play = talking()
    asked = play.decide(r.Request(session=ID, content="hello"))
    running, queued = play.response, play.asks()
    play.decide(ending(play))
    assert [play.round(one).status for one in (running, queued)] == ["cancelled", "cancelled"]
    assert play.session.open_requests == 0
    assert play.wanted(f.CancelResponse) == [f.CancelResponse(running)]
    assert answer(asked, play.state).code == "cancelled"


def test_a_request_of_a_conversation_that_is_just_starting_waits_for_it() -> None:
    play = Play()
    created = play.create(prompt="hello")
    assert [type(effect) for effect in play.effects] == [f.StartWorker]
    assert answer(created, play.state) is None
    play.decide(o.WorkerUp(play.worker.id))
    assert play.wanted(f.AskModel) == [f.AskModel(play.response, 0)]
    assert answer(created, play.state)["response_id"] == play.response
