from typing import Any

import pytest

from actors.decisions.decision import Awaiting, Decision, Ready, Until
from actors.messages.session import Dispatch, Reply
from actors.sessions.flights import (
    CUT_SHORT,
    FAILED,
    Flight,
    Flights,
    Waiters,
    answered_alone,
    never_silent,
)
from storage.records import event as e
from storage.records import request as r
from storage.state import SessionState
from tests.storage.histories import START, message, session

STATE = SessionState(session=session(title="now"))
LATER = SessionState(session=session(title="later"))


class Asker:
    """Keeps what it was answered."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.reply = Reply(self.answers.append)

    @property
    def dispatch(self) -> Dispatch:
        return Dispatch(r.ListSessions(), self.reply, "request-1")


def writing(name: str = "one", asker: Asker | None = None) -> Flight:
    decision = Decision(events=(e.MessageAdded(message(name)),))
    return Flight(decision, START, asker.dispatch if asker else None)


def reading(asker: Asker | None = None) -> Flight:
    return Flight(Decision(), START, asker.dispatch if asker else None)


def filled(*flights: Flight) -> Flights:
    made = Flights()
    for flight in flights:
        made.add(flight)
    return made


def test_what_rests_on_a_write_lands_with_it() -> None:
    first, rests, second = writing("one"), reading(), writing("two")
    flights = filled(first, rests, second)
    assert list(flights.landed(1)) == [first, rests]
    assert len(flights) == 1
    assert list(flights.landed(1)) == [second]


def test_several_commits_of_one_sync_land_in_their_order() -> None:
    made = [writing(str(number)) for number in range(5)]
    assert list(filled(*made).landed(5)) == made


def test_what_is_lost_is_lost_together() -> None:
    made = [writing("one"), reading(), writing("two")]
    flights = filled(*made)
    assert flights.lost() == made
    assert len(flights) == 0


def test_a_refusal_writes_nothing_and_reaches_who_asked() -> None:
    asker = Asker()
    flight = Flight(r.Refusal(code="no", message="never"), START, asker.dispatch)
    assert (flight.events, flight.writes, flight.request_id) == ((), False, None)
    flight.refuse(CUT_SHORT)
    assert asker.answers == [CUT_SHORT]


def test_an_outcome_that_nobody_asked_for_can_be_refused_too() -> None:
    flight = writing()
    flight.refuse(CUT_SHORT)
    assert flight.request_id is None


def test_a_reply_is_sent_once() -> None:
    asker = Asker()
    asker.reply.send("first")
    asker.reply.send("second")
    assert asker.answers == ["first"]


def test_ready_is_answered_at_once_from_the_state() -> None:
    asker = Asker()
    Waiters().answer(Ready(lambda state: state.record.title), STATE, asker.reply)
    assert asker.answers == ["now"]


def test_a_decision_without_an_answer_answers_nothing_but_answers() -> None:
    asker = Asker()
    Waiters().answer(None, STATE, asker.reply)
    assert asker.answers == [None]


def test_until_waits_for_a_state_that_gives_something() -> None:
    asker, waiters = Asker(), Waiters()
    until = Until(lambda state: state.record.title if state is LATER else None)
    waiters.answer(until, STATE, asker.reply)
    assert (asker.answers, len(waiters)) == ([], 1)
    waiters.look(LATER)
    assert (asker.answers, len(waiters)) == (["later"], 0)


def test_those_who_wait_for_a_key_are_answered_together() -> None:
    askers, waiters = [Asker(), Asker()], Waiters()
    for asker in askers:
        waiters.answer(Awaiting("key"), STATE, asker.reply)
    waiters.resolve("other", 1)
    assert len(waiters) == 2
    waiters.resolve("key", 2)
    assert [asker.answers for asker in askers] == [[2], [2]]
    assert waiters.taken("key") == []


def test_a_key_answers_those_who_wait_for_a_state_under_it() -> None:
    askers, waiters = [Asker(), Asker()], Waiters()
    waiters.answer(Until(lambda _: None, "key"), STATE, askers[0].reply)
    waiters.answer(Until(lambda _: None), STATE, askers[1].reply)
    waiters.resolve("key", CUT_SHORT)
    assert [asker.answers for asker in askers] == [[CUT_SHORT], []]
    assert len(waiters) == 1


def test_everyone_who_waits_can_be_refused() -> None:
    askers, waiters = [Asker(), Asker()], Waiters()
    waiters.answer(Awaiting("key"), STATE, askers[0].reply)
    waiters.answer(Until(lambda _: None), STATE, askers[1].reply)
    waiters.refuse_all(CUT_SHORT)
    assert [asker.answers for asker in askers] == [[CUT_SHORT], [CUT_SHORT]]
    assert len(waiters) == 0


def test_who_asked_is_answered_when_the_actor_fails_over_it() -> None:
    asker = Asker()
    with pytest.raises(ValueError, match="boom"), never_silent(asker.dispatch):
        raise ValueError("boom")
    assert asker.answers == [FAILED]


def test_nothing_is_said_when_nothing_fails() -> None:
    asker = Asker()
    with never_silent(asker.dispatch):
        pass
    assert asker.answers == []


def test_a_fault_over_one_request_alone_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    asker = Asker()
    with answered_alone(asker.dispatch):
        raise ValueError("boom")
    assert asker.answers == [FAILED]
    assert "ListSessions" in caplog.text
