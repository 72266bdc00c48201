"""What of a worker can be set, and what follows from it."""

from typing import Any

import pytest

from actors.messages import effects as f
from storage.records import event as e
from storage.records import request as r
from storage.records.request_kinds import is_ending
from tests.actors.decisions.given import ID, Play, answer, ended, talking, terminal


def update(play: Play, place: int = 0, **updates: Any) -> r.UpdateWorker:
    worker = play.session.workers[place]
    return r.UpdateWorker(session=ID, worker=worker.id, updates=r.WorkerUpdates(**updates))


def test_name_and_policy_are_set_in_one_event() -> None:
    play = Play.of(terminal(name="old"))
    done = play.decide(update(play, name="new", restart="never"))
    assert play.events == [
        e.WorkerUpdated(play.worker.id, {"name": "new", "restart": "never"}),
    ]
    assert (play.worker.name, play.worker.restart) == ("new", "never")
    assert answer(done, play.state) == play.worker
    assert play.effects == []


@pytest.mark.parametrize("updates", [{}, {"name": "old"}, {"restart": "on-crash"}])
def test_what_is_so_already_writes_nothing(updates: dict[str, Any]) -> None:
    play = Play.of(terminal(name="old"))
    assert answer(play.decide(update(play, **updates)), play.state) == play.worker
    assert play.events == []


def test_a_taken_name_is_refused() -> None:
    play = Play.of(terminal(name="one"), terminal(name="two"))
    refusal = play.refused(update(play, name="two", desired="stopped"))
    assert (refusal.code, refusal.path) == ("worker-name-taken", "$.updates.name")


def test_a_desired_end_is_a_stop() -> None:
    play = Play.of(terminal(name="old"))
    done = play.decide(update(play, name="new", desired="stopped"))
    assert (play.worker.name, play.worker.desired) == ("new", "stopped")
    assert play.effects == [f.EndProcess(play.worker.id, "stopped")]
    assert answer(done, play.state) is None
    play.ends("stopped")
    assert answer(done, play.state).exit == ended("stopped")


def test_a_desired_run_is_a_start() -> None:
    play = Play.of(terminal())
    play.decide(update(play, desired="stopped"))
    play.ends("stopped")
    play.forget()
    done = play.decide(update(play, desired="run"))
    assert play.effects == [f.StartWorker(play.worker.id)]
    assert answer(done, play.state) is None
    play.up(play.worker)
    assert answer(done, play.state) == play.worker


def test_a_desired_run_in_a_session_that_waits_is_kept_for_later() -> None:
    play = Play.of(terminal())
    play.ends("exited")
    play.decide(r.StopSession(session=ID))
    play.forget()
    done = play.decide(update(play, desired="run"))
    assert play.effects == []
    assert answer(done, play.state).status == "stopped"


def test_a_conversation_is_stopped_and_run_too() -> None:
    play = talking()
    play.asks()
    play.decide(update(play, desired="stopped"))
    assert (play.worker.status, play.state.open_rounds) == ("stopped", ())
    play.forget()
    play.decide(update(play, desired="run"))
    assert play.effects == [f.StartWorker(play.worker.id)]


def test_an_unknown_worker_and_one_that_is_being_deleted_are_not_found() -> None:
    play = Play.of(terminal())
    command = update(play, name="new")
    play.decide(r.DeleteWorker(session=ID, worker=play.worker.id))
    assert play.refused(command).code == "worker-not-found"
    play.ends("stopped")
    assert play.refused(command).code == "worker-not-found"


def test_only_a_stop_alone_is_an_ending() -> None:
    play = Play.of(terminal())
    assert is_ending(update(play, desired="stopped"))
    assert not is_ending(update(play, desired="stopped", name="new"))
    assert not is_ending(update(play, desired="run"))
