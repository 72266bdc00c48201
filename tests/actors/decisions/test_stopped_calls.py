"""Tool calls that a budget does not allow, or cuts off: their round ends, its history is valid."""

import pytest

from actors.decisions.history import valid_history
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records.conversation import Failure
from tests.actors.decisions.given import Play, call, talking

USED_UP = Failure(code="budget-exceeded", message="the budget is used up")


def calling(*tools: str) -> tuple[Play, str]:
    play = talking()
    response = play.asks()
    play.arrives(*(call(str(number), tool) for number, tool in enumerate(tools)))
    return play, response


@pytest.mark.parametrize(("made", "status"), [(False, "denied"), (True, "unknown")])
def test_the_round_ends_with_the_reason(made: bool, status: str) -> None:
    play, response = calling("files.write", "files.write")
    play.decide(o.CallStopped(response, "0", USED_UP, made=made))
    done = play.round(response)
    assert (done.status, done.failure) == ("failed", USED_UP)
    assert [each.status for each in done.turns[0].tool_calls] == [status, "denied"]
    assert play.wanted(f.CancelResponse) == [f.CancelResponse(response)]
    assert len(valid_history(play.state.messages)) == 4


def test_calls_beside_it_are_ended_and_the_next_request_begins() -> None:
    play, response = calling("files.read", "files.read")
    following = play.asks()
    play.decide(o.CallStopped(response, "1", USED_UP, made=False))
    calls = play.round(response).turns[0].tool_calls
    assert [each.status for each in calls] == ["unknown", "denied"]
    assert calls[1].result is not None
    assert calls[1].result.content == "not run: the budget is used up"
    assert play.round(following).status == "running"


def test_late_news_of_a_call_changes_nothing() -> None:
    play, response = calling("files.write")
    play.returns("0")
    assert play.decide(o.CallStopped(response, "0", USED_UP, made=True)).events == ()
