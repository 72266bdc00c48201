from decimal import Decimal
from typing import Any

import pytest

from actors.decisions import metrics as m
from actors.messages import outcomes as o
from storage.records import event as e
from storage.records import request as r
from storage.records.config import TokenMetrics
from storage.records.conversation import Cost, Usage
from tests.actors.decisions.given import ID, WINDOW, Play, talking

COST = Cost(usd=Decimal("0.5"), source="table 1")


def after(
    before: TokenMetrics = TokenMetrics(),  # noqa: B008 - frozen
    cost: Cost | None = COST,
    window: int | None = WINDOW,
    **usage: Any,
) -> TokenMetrics:
    updated, *_ = m.after_call(before, Usage(**usage), cost, window, critical=False)
    assert isinstance(updated, e.TokenMetricsUpdated)
    return updated.metrics


def test_every_kind_of_token_is_summed_and_the_total_is_prompt_and_completion() -> None:
    usage: dict[str, Any] = {
        "prompt_tokens": 100,
        "completion_tokens": 10,
        "cache_read_tokens": 40,
        "cache_write_tokens": 20,
    }
    twice = after(after(**usage), **usage)
    assert twice == TokenMetrics(
        prompt_tokens=200,
        completion_tokens=20,
        cache_read_tokens=80,
        cache_write_tokens=40,
        total_tokens=220,
        estimated_cost=Decimal("1.0"),
        price_source="table 1",
        context_utilization=0.1,
        max_context_window=WINDOW,
    )


def test_a_sum_with_an_unknown_price_stays_unknown() -> None:
    unknown = after(after(prompt_tokens=1), cost=None, prompt_tokens=1)
    assert (unknown.estimated_cost, unknown.price_source) == (None, None)
    assert after(unknown, prompt_tokens=1).estimated_cost is None


def test_without_a_window_there_is_no_utilization_and_no_alarm() -> None:
    events = m.after_call(TokenMetrics(), Usage(prompt_tokens=10**6), COST, None, critical=False)
    assert len(events) == 1
    assert after(window=None, prompt_tokens=5).context_utilization is None


@pytest.mark.parametrize(
    ("prompts", "alarms"),
    [
        ([800], 0),
        ([801], 1),
        ([900, 950, 999], 1),
        ([900, 760, 900], 1),
        ([900, 750, 900], 1),
        ([900, 749, 900], 2),
        ([900, 100, 700, 900, 900], 2),
    ],
)
def test_the_window_is_critical_once_per_crossing(prompts: list[int], alarms: int) -> None:
    play = talking()
    for tokens in prompts:
        play.decide(r.UpdateTokenMetrics(session=ID, prompt_tokens=tokens))
    told = play.told(e.ContextWindowCritical)
    assert len(told) == alarms
    assert all(one.max_context_window == WINDOW for one in told)


def test_an_unknown_utilization_does_not_arm_the_alarm_again() -> None:
    play = talking()
    play.decide(r.UpdateTokenMetrics(session=ID, prompt_tokens=900))
    play.decide(r.UpdateSession(session=ID, updates={"config": {"model": "other"}}))
    play.decide(r.UpdateTokenMetrics(session=ID, prompt_tokens=900))
    play.decide(r.UpdateSession(session=ID, updates={"config": {"model": "known"}}))
    play.decide(r.UpdateTokenMetrics(session=ID, prompt_tokens=900))
    assert len(play.told(e.ContextWindowCritical)) == 1


def answered(play: Play, prompt_tokens: int) -> None:
    play.asks()
    play.arrives("hi", usage=Usage(prompt_tokens=prompt_tokens))


def cut_by_a_crash(play: Play) -> int:
    """What is booked of a turn that nobody knows anything of."""
    response = play.asks("go on")
    before = play.session.metrics.total_tokens
    play.decide(o.WorkerUp(play.worker.id))
    assert play.round(response).turns[0].estimated
    booked = play.session.metrics.total_tokens - before
    play.decide(r.Cancel(response_id=response))
    return booked


def test_a_cut_turn_is_estimated_by_the_last_one_that_was_counted() -> None:
    play = talking()
    play.asks("so much was said " * 1000)
    play.arrives("hi", usage=Usage(prompt_tokens=300, completion_tokens=30))
    for _ in range(3):
        play.decide(r.Cancel(response_id=play.asks("and")))
    assert [cut_by_a_crash(play) for _ in range(2)] == [330, 330]


def test_a_cut_turn_took_no_more_than_the_window() -> None:
    play = talking()
    play.asks()
    play.arrives("hi", usage=Usage(prompt_tokens=WINDOW - 10, completion_tokens=200))
    assert cut_by_a_crash(play) == WINDOW


def test_a_turn_of_the_model_counts_like_any_call() -> None:
    play = talking()
    answered(play, 900)
    answered(play, 950)
    answered(play, 100)
    answered(play, 900)
    assert len(play.told(e.ContextWindowCritical)) == 2
    assert play.session.metrics.prompt_tokens == 2850
    assert play.session.metrics.context_utilization == 0.9
