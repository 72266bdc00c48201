"""What is recorded of a turn's context: a summary that it needed, a part that failed."""

from decimal import Decimal

import msgspec
import pytest

from actors.decisions.context.summaries import with_summaries
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records import event as e
from storage.records import request as r
from storage.records.conversation import Cost, Summary, Turn, Usage
from tests.actors.decisions.given import ID, USAGE, Play, answer, talking

TOOK = Usage(prompt_tokens=300, completion_tokens=30)


def summarized(play: Play, response: str, *of: str, number: int = 0, model: str = "known") -> None:
    play.decide(
        o.HistorySummarized(
            response_id=response,
            number=number,
            text="in short",
            of=of,
            usage=TOOK,
            model=model,
            provider="scripted",
        )
    )


def after_a_round() -> tuple[Play, str, str]:
    """A session with a round, and a second request that runs; (play, response, first answer)."""
    play = talking()
    play.asks("one")
    play.arrives("two")
    said = play.state.messages[-1].id
    response = play.asks("three")
    play.forget()
    return play, response, said


def test_a_summary_is_a_message_and_then_the_model_is_asked() -> None:
    play, response, said = after_a_round()
    summarized(play, response, said)
    message = play.state.messages[-1]
    assert (message.role, message.text) == ("summary", "in short")
    assert message.metadata == {"is_summary": True, "summarized_messages": [said]}
    assert play.wanted(f.AskModel) == [f.AskModel(response, 0)]
    sent = with_summaries(tuple(play.state.messages))
    assert [one.role for one in sent] == ["user", "summary", "user"]
    (made,) = play.round(response).turns[0].summaries
    assert (made.message, made.usage) == (message, TOOK)


def test_what_a_summary_took_is_booked() -> None:
    play = talking()
    play.asks("one")
    play.arrives("two")
    before = play.session.metrics
    asked = play.decide(r.Request(session=ID, content="three"))
    summarized(play, play.response, play.state.messages[1].id)
    metrics = play.session.metrics
    assert metrics.total_tokens == before.total_tokens + TOOK.total_tokens
    assert metrics.context_utilization == before.context_utilization
    play.arrives("four")
    answered = answer(asked, play.state)
    assert answered["usage"] == USAGE + TOOK
    assert answered["cost"] == Decimal("1.2") + Decimal("3.3")


def test_a_summary_of_unknown_price_makes_the_cost_unknown() -> None:
    play = talking()
    asked = play.decide(r.Request(session=ID, content="one"))
    summarized(play, play.response, model="other")
    play.arrives("two")
    assert answer(asked, play.state)["cost"] is None


def test_late_news_of_a_turn_that_has_ended_changes_nothing() -> None:
    play, response, said = after_a_round()
    play.decide(r.Cancel(response_id=response))
    before = play.state
    summarized(play, response, said)
    play.decide(o.ContextPartFailed(response, 0, "summary", "late"))
    assert play.state == before


def test_after_a_crash_the_recorded_summary_is_used() -> None:
    play, response, said = after_a_round()
    summarized(play, response, said)
    play.decide(o.WorkerUp(play.worker.id))
    assert play.round(response).turns[1].status == "streaming"
    assert [one.role for one in with_summaries(tuple(play.state.messages))][1] == "summary"


def test_what_failed_is_shown_at_its_turn() -> None:
    play, response, _ = after_a_round()
    play.decide(o.ContextPartFailed(response, 0, "dynamic context git", "no answer"))
    assert play.round(response).turns[0].left_out == ("dynamic context git: no answer",)
    assert [type(event) for event in play.events] == [e.ContextPartFailed]
    assert not play.effects


@pytest.mark.parametrize("of", ["first", None])
def test_what_a_summary_took_that_failed_is_booked_and_shown(of: str | None) -> None:
    play, response, _ = after_a_round()
    before = play.session.metrics.total_tokens
    failed = o.ContextPartFailed(response, 0, "summary", "no", TOOK, "scripted", of)
    play.decide(failed)
    play.decide(failed)
    assert play.session.metrics.total_tokens == before + 2 * TOOK.total_tokens
    price = Cost(usd=Decimal("3.3"), source="fake 1")
    made = Summary(of=of, usage=TOOK, cost=price)
    assert play.round(response).turns[0].summaries == (made, made)
    assert (TOOK, price) in play.round(response).calls
    assert play.state.useless_summaries("known") == ((of, of) if of else ())
    assert play.state.useless_summaries("other") == ()
    assert play.replayed() == play.state


def test_turns_of_older_journals_have_neither() -> None:
    turn = {"number": 0, "status": "completed", "started_at": "2026-11-21T12:00:00Z"}
    read = msgspec.convert(turn, Turn)
    assert (read.summaries, read.left_out) == ((), ())


def test_a_refresh_forgets_what_tools_said() -> None:
    play = talking()
    asked = play.decide(r.RefreshContext(session=ID))
    assert play.effects == [f.RefreshContext()]
    assert answer(asked, play.state) == {"refreshed": []}
