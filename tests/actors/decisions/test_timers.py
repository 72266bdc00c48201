"""Timers: what may be set, what a due one begins, and what takes one back."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from actors.decisions import again, table, timers
from actors.decisions.decision import Given
from actors.messages import effects as f
from actors.messages.session import FireTimers
from storage import codec, fold
from storage.records import event as e
from storage.records import request as r
from storage.records.session import Session
from storage.records.timer import LONGEST_BYTES, YEAR_SECONDS, Timer
from tests.actors.decisions.given import (
    ID,
    NOW,
    Play,
    agent,
    answer,
    talker,
    talking,
    terminal,
)


def wants(message: str = "look again", **when: Any) -> r.SetTimer:
    return r.SetTimer(session=ID, message=message, **(when or {"in_seconds": 10}))


def set_timer(play: Play, **when: Any) -> Timer:
    told = play.decide(wants(**when))
    data = answer(told, play.state)
    return next(one for one in play.session.timers if one.timer_id == data["timer_id"])


def fire(play: Play, seconds: float = 10) -> list[e.TimerFired]:
    """So long after now; what fired then."""
    given = later(play, seconds)
    verdict = play._take(table.decide(play.state, FireTimers(session=ID), given))
    return [event for event in verdict.events if isinstance(event, e.TimerFired)]


def later(play: Play, seconds: float) -> Given:
    return replace(play.given, now=NOW + timedelta(seconds=seconds))


def test_it_is_due_after_so_long_or_at_a_time() -> None:
    play = talking()
    told = answer(play.decide(wants(in_seconds=1.5)), play.state)
    assert told["due"] == NOW + timedelta(seconds=1.5)
    east = timezone(timedelta(hours=14))
    first = set_timer(play, at=(NOW + timedelta(microseconds=1234)).astimezone(east))
    assert (first.due, first.due.tzinfo) == (NOW + timedelta(milliseconds=1), UTC)
    assert [one.timer_id for one in play.session.timers] == [first.timer_id, told["timer_id"]]
    assert play.replayed() == play.state


@pytest.mark.parametrize(
    ("when", "path"),
    [
        ({"in_seconds": 1, "at": NOW}, None),
        ({"at": NOW - timedelta(seconds=1)}, "$.at"),
        ({"at": NOW + timedelta(seconds=YEAR_SECONDS + 1)}, "$.at"),
        ({"at": datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))}, "$.at"),
        ({"at": datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))}, "$.at"),
    ],
)
def test_a_time_that_cannot_be_is_refused(when: Any, path: str | None) -> None:
    refused = talking().refused(wants(**when))
    assert (refused.code, refused.path) == ("bad-request", path)


def test_a_time_is_to_be_said() -> None:
    refused = talking().refused(r.SetTimer(session=ID, message="look"))
    assert refused.code == "bad-request"


def test_a_message_is_bounded_and_says_something() -> None:
    play = talking()
    assert play.refused(wants(" \n")).path == "$.message"
    set_timer(play, message="ü" * (LONGEST_BYTES // 2))
    assert play.refused(wants("ü" * (LONGEST_BYTES // 2) + ".")).code == "too-large"


def test_so_many_are_open_at_most() -> None:
    play = talking()
    for _ in range(timers.MOST_OPEN):
        set_timer(play)
    assert play.refused(wants()).code == "too-many-timers"
    play.decide(r.CancelTimer(session=ID, timer_id=play.session.timers[0].timer_id))
    set_timer(play)


def test_there_must_be_somebody_to_tell() -> None:
    assert Play.of(terminal()).refused(wants()).code == "no-conversation"
    assert Play.of(agent(agent="claude"), agent(agent="codex")).refused(wants()).code == "ambiguous"
    alone = Play.of(agent(agent="claude"))
    assert alone.refused(wants("an escape \x1b[2J")).code == "bad-request"
    set_timer(alone)
    set_timer(Play.of(talker(), agent(agent="claude")))


def test_a_due_one_is_a_request_like_any_other() -> None:
    play = talking()
    timer = set_timer(play, message="go on")
    play.forget()
    assert fire(play, 9.9) == []
    (fired,) = fire(play)
    assert fired == e.TimerFired(timer.timer_id, play.response)
    (asked,) = play.wanted(f.AskModel)
    assert asked.response_id == play.response
    assert play.round(play.response).request.text == "go on"
    assert (play.session.timers, play.session.open_requests) == ((), 1)
    assert fire(play, 1000) == []
    assert play.replayed() == play.state


def test_those_that_were_missed_fire_at_once_and_in_order() -> None:
    play = talking()
    for seconds in (30, 10, 20, 500):
        set_timer(play, message=f"after {seconds}", in_seconds=seconds)
    fired = fire(play, 100)
    texts = [one.request.text for one in play.state.open_rounds]
    assert texts == ["after 10", "after 20", "after 30"]
    assert [one.response_id for one in fired] == [one.id for one in play.state.open_rounds]
    assert [one.message for one in play.session.timers] == ["after 500"]


def test_an_agent_is_sent_a_prompt() -> None:
    play = Play.of(agent(agent="claude"))
    set_timer(play, message="go on")
    (fired,) = fire(play)
    prompt = play.state.open_prompts[-1]
    assert (fired.response_id, prompt.text) == (prompt.id, "go on")
    assert play.wanted(f.DeliverPrompt)


def test_what_is_refused_is_over_and_says_why() -> None:
    play = Play.of(agent(agent="claude"))
    set_timer(play)
    play.ends("exited")
    assert [(one.response_id, one.code) for one in fire(play)] == [(None, "worker-not-running")]
    assert play.session.timers == ()


def test_without_whom_it_was_for_it_is_over_too() -> None:
    play = talking()
    set_timer(play)
    play.decide(r.DeleteWorker(session=ID, worker=play.worker.id))
    assert [one.code for one in fire(play)] == ["no-conversation"]


@pytest.mark.parametrize(
    ("held", "freed"),
    [(r.PauseSession, r.ResumeSession), (r.StopSession, r.StartSession)],
)
def test_it_waits_while_its_session_does_not_run(held: Any, freed: Any) -> None:
    play = talking()
    set_timer(play)
    play.decide(held(session=ID))
    assert timers.next_due(play.session) is None
    assert fire(play, 1000) == []
    play.decide(freed(session=ID))
    assert timers.next_due(play.session) == play.session.timers[0].due
    assert len(fire(play, 1000)) == 1


def test_an_archived_one_waits_until_it_runs_again() -> None:
    play = talking()
    set_timer(play)
    play.decide(r.ArchiveSession(session=ID))
    assert fire(play, 1000) == []
    play.decide(r.UnarchiveSession(session=ID))
    assert fire(play, 1000) == []
    play.decide(r.StartSession(session=ID))
    assert len(fire(play, 1000)) == 1


def test_nothing_fires_while_the_daemon_ends() -> None:
    play = talking()
    set_timer(play)
    play.closing = True
    assert fire(play) == []
    assert len(play.session.timers) == 1


def test_one_is_cancelled_by_its_id_or_the_beginning_of_it() -> None:
    play = talking()
    first, second = set_timer(play), set_timer(play)
    ambiguous = play.refused(r.CancelTimer(session=ID, timer_id="idno"))
    assert ambiguous.code == "ambiguous"
    told = play.decide(r.CancelTimer(session=ID, timer_id=first.timer_id))
    assert answer(told, play.state) == {"timer_id": first.timer_id, "cancelled": True}
    play.decide(r.CancelTimer(session=ID, timer_id=second.timer_id[:-1]))
    assert play.session.timers == ()
    gone = play.refused(r.CancelTimer(session=ID, timer_id=first.timer_id))
    assert gone.code == "timer-not-found"
    assert fire(play, 1000) == []


def test_what_was_done_before_a_crash_is_answered_as_it_was() -> None:
    play = talking()
    told = answer(play.decide(wants()), play.state)
    done = again.Done(tuple(play.told(e.TimerSet)))
    assert answer(again.answer(play.state, wants(), done, play.given), play.state) == told  # type: ignore[arg-type]
    cancel = r.CancelTimer(session=ID, timer_id=told["timer_id"])
    play.decide(cancel)
    done = again.Done(tuple(play.told(e.TimerCancelled)))
    repeated = again.answer(play.state, cancel, done, play.given)
    assert answer(repeated, play.state)["cancelled"] is True  # type: ignore[arg-type]


def test_an_import_leaves_its_timers_where_they_were_set() -> None:
    play = talking()
    set_timer(play)
    back = fold.apply(play.state, e.SessionRestored("trash"), NOW)
    assert len(back.record.timers) == 1
    assert fold.apply(play.state, e.SessionRestored("import"), NOW).record.timers == ()


def test_an_event_about_a_timer_that_is_not_open_is_a_fault_of_the_journal() -> None:
    for event in (e.TimerFired("nobody"), e.TimerCancelled("nobody")):
        with pytest.raises(LookupError):
            fold.apply(talking().state, event, NOW)


def test_a_record_of_an_older_greenroom_has_no_timers() -> None:
    session = codec.builtins(talking().session)
    del session["timers"]
    assert codec.convert(session, Session).timers == ()
