"""The answer to a request that was done already, from its events and the state."""

from typing import Any

import pytest
from msgspec.structs import replace

from actors.decisions import again, table
from actors.decisions.decision import Awaiting, Decision, Ready, Until
from actors.messages import effects as f
from storage.records import event as e
from storage.records import request as r
from tests.actors.decisions.given import ID, Play, answer, talking, terminal


def repeated(play: Play, command: Any) -> tuple[Decision, Any]:
    """Decide it, then hand it in again: the second decision, and its answer."""
    before = len(play.events)
    play.decide(command)
    done = again.Done(tuple(play.events[before:]))
    verdict = again.answer(play.state, command, done, play.given)
    assert isinstance(verdict, Decision)
    assert verdict.events == ()
    return verdict, answer(verdict, play.state) if isinstance(
        verdict.reply, Ready | Until
    ) else None


@pytest.mark.parametrize(
    "command",
    [
        r.UpdateSession(session=ID, updates={"title": "New"}),
        r.PauseSession(session=ID),
        r.UpdateTokenMetrics(session=ID, prompt_tokens=3),
        r.ArchiveSession(session=ID),
        r.StopSession(session=ID),
    ],
    ids=r.type_of,
)
def test_a_change_of_the_session_is_answered_with_it(command: Any) -> None:
    play = talking()
    decision, told = repeated(play, command)
    assert told == play.session
    assert decision.effects == ()


def test_a_message_is_answered_with_its_id() -> None:
    play = talking()
    wanted = r.AddMessage(session=ID, message=r.NewMessage(role="user", content="hello"))
    _, told = repeated(play, wanted)
    message_id = play.state.messages[-1].id
    assert told["message_id"] == message_id
    changed = r.UpdateMessage(session=ID, message_id=message_id, updates={"metadata": {"a": 1}})
    assert repeated(play, changed)[1]["message_id"] == message_id


def test_a_worker_is_answered_with_its_record_and_a_deleted_one_with_that() -> None:
    play = Play.of(terminal())
    worker = play.session.workers[0]
    _, told = repeated(play, r.CreateWorker(session=ID, worker=terminal(name="second")))
    assert told is None  # it is just being started
    _, told = repeated(play, r.StopWorker(session=ID, worker="second"))
    decision, _ = repeated(play, r.DeleteWorker(session=ID, worker=worker.id))
    assert isinstance(decision.reply, Until)


def test_a_deletion_waits_for_the_files() -> None:
    decision, _ = repeated(talking(), r.DeleteSession(session=ID))
    assert isinstance(decision.reply, Awaiting)


def test_a_cancel_is_decided_anew_since_what_has_ended_stays_so() -> None:
    play = talking()
    play.decide(r.Request(session=ID, content="hello"))
    response_id = play.state.open_rounds[0].id
    assert repeated(play, r.Cancel(response_id=response_id))[1]["status"] == "cancelled"


def test_a_request_attaches_to_its_round() -> None:
    play = talking()
    request = r.Request(session=ID, content="hello")
    given = replace(play.given, request_id="17-job")
    first = table.decide(play.state, request, given)
    assert isinstance(first, Decision)
    play._take(first)
    verdict = again.answer(play.state, request, again.Done(first.events), given)
    assert isinstance(verdict, Decision)
    assert verdict.follows == play.state.open_rounds[0].id


def test_input_is_wanted_under_its_number_only_where_it_was_meant() -> None:
    play = Play.of(terminal())
    worker_id = play.session.workers[0].id
    command = r.WriteInput(session=ID, worker=worker_id, data="ls\r")
    decision, _ = repeated(play, command)
    assert decision.effects == (f.TypeInput(worker_id, 1, "ls\r"),)
    assert decision.reply == Awaiting(f"input:{worker_id}:1")
    written = e.InputWritten(worker_id, 1, 3, "hash")
    later = again.Done((written,), frozenset({worker_id}))
    verdict = again.answer(play.state, command, later, play.given)
    assert isinstance(verdict, r.Refusal)
    assert verdict.code == "outcome-unknown"
