from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from actors.decisions import budget
from actors.decisions.decision import Ready
from actors.messages.budget import Granted, ReserveBudget, SettleBudget
from storage.records import event as e
from storage.records import request as r
from storage.records.budget import Amounts, Spending
from storage.records.config import Budget, StrictBudget
from storage.records.conversation import Cost, Usage
from storage.records.workspace import WorkspaceSettings
from tests.actors.decisions.given import ID, Play


def limited(**limits: Any) -> Play:
    """A conversation with a budget of its own."""
    config = r.StrictConfig(provider="scripted", model="known", budget=StrictBudget(**limits))
    return Play.of(r.CreateWorkerRequest(type="conversation"), config=config)


def asks(key: str = "call", **changes: Any) -> ReserveBudget:
    """A prompt of 100 tokens that wants an answer of 2,000."""
    asked = ReserveBudget(
        session=ID,
        key=key,
        by=ID,
        life="now",
        at=0.0,
        model="known",
        prompt_tokens=100,
        max_tokens=2000,
        least=1024,
    )
    return replace(asked, **changes)


def tool(key: str = "tool", **changes: Any) -> ReserveBudget:
    nothing = {"model": None, "prompt_tokens": 0, "max_tokens": 0, "least": 0}
    return asks(key, **{**nothing, "tool_calls": 1, **changes})


def used(key: str = "call", prompt: int = 100, answer: int = 50, **more: Any) -> SettleBudget:
    usage = Usage(prompt_tokens=prompt, completion_tokens=answer)
    return SettleBudget(
        session=ID, key=key, usage=usage, **{"until": 0.0, "model": "known", **more}
    )


def granted(play: Play, asked: ReserveBudget) -> Granted:
    reply = play.decide(asked).reply
    assert isinstance(reply, Ready)
    answer = reply.value(play.state)
    assert isinstance(answer, Granted)
    return answer


def spending(play: Play) -> Spending:
    assert play.session.spending is not None
    return play.session.spending


def test_a_call_is_set_aside_before_it_is_made_and_settled_after_it() -> None:
    play = limited(tokens=10_000)
    assert granted(play, asks()) == Granted(2000)
    assert spending(play) == Spending(reserved=Amounts(tokens=2100, usd=Decimal(21)))
    play.decide(used())
    spent = Amounts(tokens=150, usd=Decimal("1.5"))
    assert spending(play) == Spending(spent=spent, own=spent)
    assert play.replayed().record.spending == spending(play)


def test_an_answer_may_be_as_long_as_what_is_left() -> None:
    assert granted(limited(tokens=1500), asks()).max_tokens == 1400
    assert granted(limited(usd=Decimal("16.5")), asks()).max_tokens == 1550
    assert granted(limited(usd=Decimal(20), tokens=1200), asks()).max_tokens == 1100


def test_too_short_an_answer_is_not_asked_for() -> None:
    refusal = limited(tokens=1100).refused(asks())
    assert refusal.code == "budget-exceeded"
    assert refusal.message == (
        "the budget of place allows 1,100 tokens; 0 tokens are spent or set aside, and the next "
        "call needs 1,124; raise it with: greenroom budget session --tokens N"
    )
    assert granted(limited(tokens=1100), asks(max_tokens=500, least=500)).max_tokens == 500


def test_money_that_is_used_up_is_said_in_dollars() -> None:
    refusal = limited(usd=Decimal(2)).refused(asks())
    assert refusal.code == "budget-exceeded"
    assert "allows $2.0000; $0.0000 are spent or set aside" in refusal.message
    assert "the next call may cost $11.2400" in refusal.message
    assert "--usd N" in refusal.message


def test_a_limit_of_tool_calls_that_is_passed_stops_tools_and_no_text() -> None:
    play = limited(tool_calls=1)
    granted(play, tool())
    play.decide(used("tool", 0, 0, model=None, tool_calls=1))
    lower = {"config": {"model": "known", "budget": {"tool_calls": 0}}}
    play.decide(r.UpdateSession(session=ID, updates=lower))
    assert granted(play, asks()) == Granted(2000)
    refusal = play.refused(tool("more"))
    assert "allows 0 tool calls; 1 tool call is spent or set aside" in refusal.message


def test_calls_under_way_count() -> None:
    play = limited(tokens=4000)
    assert granted(play, asks(by="child")).max_tokens == 2000
    assert granted(play, asks("other", by="other-child")).max_tokens == 1800
    assert play.refused(asks("third", by="third-child")).code == "budget-exceeded"
    play.decide(used())
    assert granted(play, asks("third", by="third-child")).max_tokens == 1850
    assert spending(play).own == Amounts()


def test_the_same_key_replaces_what_was_set_aside() -> None:
    play = limited(tokens=3000)
    for _ in range(3):
        assert granted(play, asks()).max_tokens == 2000
    assert spending(play).reserved.tokens == 2100


def test_no_answer_gives_back_what_was_spent() -> None:
    play = limited(tokens=10_000)
    granted(play, asks())
    play.decide(used(prompt=-1_000_000))
    spent = spending(play).spent
    assert (spent.tokens, spent.usd >= 0) == (50, True)


def test_settling_twice_counts_once() -> None:
    play = limited(tokens=3000)
    play.decide(asks())
    play.decide(used())
    assert play.decide(used()).events == ()
    assert spending(play).spent.tokens == 150


def test_what_a_crash_left_open_counts_as_spent() -> None:
    play = limited(tokens=5000)
    play.decide(asks(life="before"))
    assert granted(play, asks("again")).max_tokens == 2000
    assert spending(play).spent.tokens == 2100
    assert spending(play).reserved.tokens == 2100
    settled = play.told(e.BudgetSettled)
    assert [(each.key, each.estimated) for each in settled] == [("call", True)]


def test_a_session_that_calls_its_model_has_ended_what_it_did_before() -> None:
    play = limited(tokens=5000, tool_calls=5)
    play.decide(tool())
    play.decide(asks("other", by="child"))
    play.decide(asks())
    assert spending(play).spent.tool_calls == 1
    assert {each.key for each in play.state.reservations} == {"other", "call"}


def test_tools_side_by_side_do_not_end_each_other() -> None:
    play = limited(tool_calls=2)
    play.decide(tool("one"))
    play.decide(tool("two"))
    assert play.refused(tool("three")).code == "budget-exceeded"
    assert spending(play).reserved.tool_calls == 2
    play.decide(used("one", 0, 0, tool_calls=1, model=None))
    play.decide(used("two", 0, 0, model=None))
    assert granted(play, tool("three")) == Granted(0)
    assert spending(play).spent.tool_calls == 1


def test_an_unknown_price_is_refused_where_money_is_limited() -> None:
    refusal = limited(usd=Decimal(5)).refused(asks(model="other", provider="local"))
    assert refusal.code == "price-unknown"
    assert "nobody knows the price of other at local" in refusal.message
    assert "greenroom budget session --allow-unknown-prices" in refusal.message
    assert granted(limited(tokens=5000), asks(model="other")).max_tokens == 2000


def test_unknown_prices_that_are_allowed_are_counted_as_calls() -> None:
    play = limited(usd=Decimal(5), allow_unknown_prices=True)
    assert granted(play, asks(model="other")).max_tokens == 2000
    play.decide(used(model="other"))
    assert spending(play).spent == Amounts(tokens=150, unpriced_calls=1)


def test_an_answer_without_a_price_costs_what_was_set_aside() -> None:
    play = limited(usd=Decimal(50))
    play.decide(asks())
    play.decide(used(model="renamed"))
    assert spending(play).spent == Amounts(tokens=150, usd=Decimal(21))


def test_a_cached_prompt_is_set_aside_at_the_dearer_price() -> None:
    class Dear:
        def context_window(self, model: str, provider: str | None) -> None:
            return None

        def cost(self, usage: Usage, model: str, provider: str | None) -> Cost:
            plain = usage.prompt_tokens - usage.cache_write_tokens
            usd = plain + 2 * usage.cache_write_tokens + usage.completion_tokens
            return Cost(usd=Decimal(usd), source="dear")

    play = limited(usd=Decimal(5000))
    verdict = budget.reserve(play.state, asks(), replace(play.given, prices=Dear()))
    assert not isinstance(verdict, r.Refusal)
    reserved = next(each for each in verdict.events if isinstance(each, e.BudgetReserved))
    assert reserved.amounts.usd == 2200


def test_time_is_that_in_which_any_call_is_under_way() -> None:
    play = limited(wall_seconds=100)
    assert granted(play, asks(at=10.0, by="child")).seconds == 100
    assert granted(play, asks("other", at=15.0, by="other")).seconds == 95
    play.decide(used("other", until=16.0))
    assert spending(play).spent.wall_seconds == 6
    play.decide(used(until=20.0))
    assert spending(play).spent.wall_seconds == 10
    assert granted(play, asks("third", at=500.0)).seconds == 90
    play.decide(used("third", until=590.0))
    assert play.refused(asks("fourth", at=600.0)).message.startswith(
        "the budget of place allows 100.0 seconds; 100.0 seconds are spent"
    )


def test_time_in_which_nothing_ran_after_a_crash_does_not_count() -> None:
    play = limited(wall_seconds=100)
    play.decide(asks(at=5000.0, life="before"))
    assert granted(play, asks("again", at=7.0)).seconds == 100
    play.decide(used("again", until=9.0))
    assert spending(play).spent.wall_seconds == 2


def test_four_fifths_are_told_once_each_time_they_are_crossed() -> None:
    play = limited(tokens=4000)
    for key, answer, told in [("one", 1600, 0), ("two", 1600, 1), ("three", 10, 1)]:
        play.decide(asks(key, max_tokens=1600, least=10))
        play.decide(used(key, answer=answer))
        assert len(play.told(e.BudgetWarning)) == told
    assert play.told(e.BudgetWarning) == [e.BudgetWarning("tokens", 0.85)]


def test_what_a_crash_left_open_may_cross_the_line() -> None:
    play = limited(tokens=5000)
    play.decide(asks(life="before", max_tokens=4000))
    play.decide(asks("again", max_tokens=10, least=1))
    assert play.told(e.BudgetWarning) == [e.BudgetWarning("tokens", 0.82)]


def test_a_budget_that_is_lowered_to_what_is_spent_is_told_of() -> None:
    play = limited(tokens=4000)
    play.decide(asks())
    play.decide(used(answer=700))
    for tokens in (900, 850, 4000, 900):
        changes = {"config": {"budget": {"tokens": tokens}}}
        play.decide(r.UpdateSession(session=ID, updates=changes))
    told = play.told(e.BudgetWarning)
    assert [round(each.share, 2) for each in told] == [0.89, 0.89]


def test_the_past_of_a_session_counts_when_it_is_first_asked() -> None:
    play = Play.of(r.CreateWorkerRequest(type="conversation"), config=r.StrictConfig(model="known"))
    play.decide(r.UpdateTokenMetrics(session=ID, prompt_tokens=700, completion_tokens=200))
    play.decide(r.UpdateSession(session=ID, updates={"config": {"budget": {"tokens": 2500}}}))
    assert granted(play, asks()).max_tokens == 1500
    assert play.told(e.BudgetOpened) == [
        e.BudgetOpened(Amounts(tokens=900, usd=play.session.metrics.estimated_cost or Decimal(0)))
    ]


def test_a_budget_that_was_lifted_meanwhile_lets_everything_pass() -> None:
    play = Play.of(r.CreateWorkerRequest(type="conversation"))
    assert granted(play, asks()) == Granted(2000)
    assert play.session.spending is None


@pytest.mark.parametrize("own", [None, Budget(usd=Decimal(1))])
def test_a_budget_of_its_own_stands_in_place_of_the_workspaces(own: Budget | None) -> None:
    play = limited(usd=Decimal(1))
    given_to_each = StrictBudget(tokens=7)
    session = play.session
    assert session.config is not None
    session = replace(session, config=replace(session.config, budget=own))
    settings = WorkspaceSettings(budget=given_to_each)
    assert budget.in_force(session, settings) == (own or given_to_each)
