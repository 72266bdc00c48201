"""Turns that came whole: asked again with more room, gone on with, or the end of their round."""

from typing import Any

import pytest

from actors.messages import effects as f
from storage.records import event as e
from storage.records.conversation import Failure
from tests.actors.decisions.given import Play, call, talking

LIMIT: dict[str, Any] = {"stop_reason": "max_tokens", "max_tokens": 100}


def failure_of(play: Play, response: str) -> Failure:
    found = play.round(response).failure
    assert found is not None
    return found


def test_a_call_cut_by_the_limit_is_asked_for_once_more_with_twice_of_it() -> None:
    play = talking()
    response = play.asks()
    play.arrives("let me", call("c1"), **LIMIT)
    cut, again = play.round(response).turns
    assert (cut.status, cut.text, cut.tool_calls) == ("error", "let me", ())
    assert "100 tokens" in str(cut.error)
    assert (again.number, again.max_tokens, again.status) == (1, 200, "streaming")
    assert play.wanted(f.AskModel)[-1] == f.AskModel(response, 1)
    assert not play.wanted(f.CallTool)
    assert [message.role for message in play.state.messages] == ["user"]
    play.arrives("let me", call("c1"))
    assert [effect.call.tool_call_id for effect in play.wanted(f.CallTool)] == ["c1"]
    assert play.replayed() == play.state


def test_a_call_cut_twice_is_the_end() -> None:
    play = talking()
    response = play.asks()
    play.arrives(call("c1"), **LIMIT)
    play.arrives("so far", call("c1"), **(LIMIT | {"max_tokens": 200}))
    assert failure_of(play, response).code == "output-limit"
    assert len(play.round(response).turns) == 2
    assert not play.wanted(f.CallTool)


@pytest.mark.parametrize(("most", "asked"), [(150, [150]), (100, []), (None, [200])])
def test_the_higher_limit_is_never_above_what_the_model_can(
    most: int | None, asked: list[int]
) -> None:
    play = talking()
    response = play.asks()
    play.arrives(call("c1"), **LIMIT, most_tokens=most)
    started = [event.max_tokens for event in play.told(e.TurnStarted) if event.number == 1]
    assert started == asked
    assert (play.round(response).status == "failed") is (not asked)


def test_a_model_that_pauses_goes_on_with_what_it_said() -> None:
    play = talking()
    response = play.asks()
    play.arrives("a moment", stop_reason="pause_turn")
    assert play.wanted(f.AskModel)[-1] == f.AskModel(response, 1)
    play.arrives("done")
    assert play.round(response).text == "a moment\n\ndone"


def test_a_model_that_pauses_and_says_nothing_has_ended() -> None:
    play = talking()
    response = play.asks()
    play.arrives(stop_reason="pause_turn")
    assert play.round(response).status == "completed"


def test_a_window_that_is_full_before_anything_was_said_is_told() -> None:
    play = talking()
    response = play.asks()
    play.arrives(stop_reason="model_context_window_exceeded")
    assert failure_of(play, response).code == "context-limit"


@pytest.mark.parametrize("reason", ["stop_sequence", "model_context_window_exceeded", "novel"])
def test_text_is_an_answer_whatever_ended_it(reason: str) -> None:
    play = talking()
    response = play.asks()
    play.arrives("text", stop_reason=reason)
    done = play.round(response)
    assert (done.status, done.text, done.turns[0].stop_reason) == ("completed", "text", reason)
