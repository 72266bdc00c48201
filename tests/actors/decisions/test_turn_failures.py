"""Failed calls of the model: what is booked of them, and what is waited for."""

from datetime import timedelta
from typing import Any

import pytest

from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records import event as e
from storage.records import request as r
from storage.records.conversation import Usage
from storage.records.message import TextContent
from tests.actors.decisions.given import NOW, USAGE, answer, talking
from tests.actors.decisions.test_recovery import crash

LIMITED: dict[str, Any] = {
    "code": "rate-limited",
    "message": "used up",
    "retry_after_seconds": 3600.0,
}
HALF = (TextContent("half of an answer"),)


def test_a_usage_limit_is_waited_for_and_counts_as_no_retry() -> None:
    play = talking()
    response = play.asks()
    play.fails(**LIMITED)
    turn = play.round(response).turns[0]
    assert (turn.retries, turn.status, turn.error) == (0, "streaming", "used up")
    assert turn.waits_until == NOW + timedelta(hours=1)
    assert play.wanted(f.AskModel)[-1] == f.AskModel(response, 0, 3600.0)
    play.arrives("hi")
    assert play.round(response).turns[0].waits_until is None
    assert play.replayed() == play.state


def test_a_usage_limit_that_ends_too_late_fails_the_request_with_the_setting() -> None:
    play = talking()
    asked = play.decide(r.Request(session="session", content="hello"))
    play.fails(**(LIMITED | {"retry_after_seconds": 86_400.0}))
    refusal = answer(asked, play.state)
    assert refusal.code == "usage-limit"
    assert "conversation.usage_limit_wait_seconds" in refusal.message
    assert "used up. It takes calls again in 24 h 0 min, and at most" in refusal.message


def test_a_wait_goes_on_after_a_crash_and_is_over_when_it_is_cancelled() -> None:
    before = talking()
    response = before.asks()
    before.fails(**LIMITED)
    after = crash(before)
    assert after.wanted(f.AskModel) == [f.AskModel(response, 0, 3600.0)]
    assert after.round(response).cuts == 0
    after.decide(r.Cancel(response_id=response))
    assert after.round(response).status == "cancelled"
    assert f.CancelResponse(response) in after.effects
    assert after.round(response).turns[0].waits_until is None


def test_a_short_limit_is_a_retry_like_any_other() -> None:
    play = talking()
    response = play.asks()
    play.fails(**(LIMITED | {"retry_after_seconds": 30.0}))
    assert play.round(response).turns[0].retries == 1
    assert play.wanted(f.AskModel)[-1].delay_seconds == 30.0


def test_what_came_of_failed_calls_is_booked_as_an_estimate() -> None:
    play = talking()
    response = play.asks()
    play.fails(content=HALF, usage=Usage(prompt_tokens=50, cache_read_tokens=7))
    told = play.told(e.TurnRetried)[0]
    assert told.usage is not None
    assert (told.usage.prompt_tokens, told.usage.cache_read_tokens) == (50, 7)
    assert told.usage.completion_tokens > 0
    assert told.cost is not None
    play.arrives("hi")
    turn = play.round(response).turns[0]
    assert turn.usage == told.usage + USAGE
    assert turn.estimated
    assert turn.cost is not None
    metrics = play.session.metrics
    assert metrics.prompt_tokens == 50 + USAGE.prompt_tokens
    assert metrics.estimated_cost == turn.cost.usd
    assert metrics.context_utilization == USAGE.prompt_tokens / 1000


def test_what_the_last_failure_took_is_booked_too() -> None:
    play = talking()
    response = play.asks()
    play.fails(retryable=False, content=HALF)
    turn = play.round(response).turns[0]
    assert turn.usage is not None
    assert turn.estimated
    assert play.session.metrics.total_tokens == turn.usage.total_tokens
    assert play.session.metrics.context_utilization is None


def test_a_call_that_was_refused_took_nothing() -> None:
    play = talking()
    response = play.asks()
    play.fails()
    play.fails(retryable=False)
    turn = play.round(response).turns[0]
    assert (turn.usage, turn.estimated) == (None, False)
    assert play.session.metrics.total_tokens == 0


@pytest.mark.parametrize("times", [1, 2])
def test_late_news_of_a_failure_changes_nothing(times: int) -> None:
    play = talking()
    response = play.asks()
    play.decide(r.Cancel(response_id=response))
    play.forget()
    for _ in range(times):
        late = o.TurnFailed(
            response_id=response, number=0, code="x", message="late", retryable=True
        )
        assert play.decide(late).events == ()
