"""The end of a session, and of the daemon: deletion, shutdown, and boot after either."""

import itertools
from typing import Any

import pytest

from actors.decisions.decision import DISPOSAL
from actors.messages import effects as f
from actors.messages import outcomes as o
from actors.messages.session import ShutDown
from storage.records import event as e
from storage.records import request as r
from tests.actors.decisions.given import (
    ID,
    Play,
    answer,
    awaits,
    ended,
    process,
    talking,
    terminal,
)


def two_shells(**fields: Any) -> Play:
    return Play.of(terminal(name="one", **fields), terminal(name="two", **fields))


def statuses(play: Play) -> list[str]:
    return [worker.status for worker in play.session.workers]


@pytest.mark.parametrize("ended_before", [(), (0,), (0, 1)])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_session_is_deleted_once_its_last_process_has_ended(
    ended_before: tuple[int, ...], order: tuple[int, ...]
) -> None:
    play = Play.of(*(terminal() for _ in range(3)))
    ids = [worker.id for worker in play.session.workers]
    for number in ended_before:
        play.ends("exited", ids[number])
    play.forget()
    assert awaits(play.decide(r.DeleteSession(session=ID))) == DISPOSAL
    living = [number for number in order if number not in ended_before]
    assert {one.worker_id for one in play.wanted(f.EndProcess)} == {ids[one] for one in living}
    for number in living:
        assert not play.state.deleted
        assert not play.wanted(f.DisposeSession)
        play.ends("stopped", ids[number])
    assert play.state.deleted
    assert play.wanted(f.DisposeSession) == [f.DisposeSession()]
    assert play.events[-1] == e.SessionDeleted()


@pytest.mark.parametrize("play", [Play.of(), talking()])
def test_without_processes_it_is_deleted_at_once(play: Play) -> None:
    play.decide(r.DeleteSession(session=ID))
    assert play.state.deleted
    assert play.effects == [f.DisposeSession()]


def test_deleting_again_waits_for_the_same_end() -> None:
    play = two_shells()
    play.decide(r.DeleteSession(session=ID))
    play.forget()
    again = play.decide(r.DeleteSession(session=ID))
    assert (awaits(again), again.events, again.effects) == (DISPOSAL, (), ())


def test_a_paused_session_can_be_deleted() -> None:
    play = two_shells()
    play.decide(r.PauseSession(session=ID))
    play.forget()
    play.decide(r.DeleteSession(session=ID))
    assert {one.signal for one in play.wanted(f.SignalProcess)} == {"CONT"}
    assert len(play.wanted(f.EndProcess)) == 2


@pytest.mark.parametrize(
    "end",
    [
        lambda one: o.ProcessNotStarted(one, 2, "no"),
        lambda one: o.WorkerGaveUp(one, "too often"),
        lambda one: o.ProcessEnded(one, ended("lost"), None),
    ],
)
def test_any_end_of_the_last_process_finishes_the_deletion(end: Any) -> None:
    play = Play()
    play.create(worker=terminal())
    play.decide(r.DeleteSession(session=ID))
    assert not play.state.deleted
    play.decide(end(play.worker.id))
    assert play.state.deleted


def test_a_worker_that_was_to_start_again_does_not_during_a_deletion() -> None:
    play = Play.of(terminal())
    play.decide(r.RestartWorker(session=ID, worker=play.worker.id))
    play.decide(r.DeleteSession(session=ID))
    play.forget()
    play.ends("stopped")
    assert play.state.deleted
    assert not play.wanted(f.StartWorker)


def test_an_actor_that_comes_up_during_a_deletion_starts_nothing() -> None:
    play = Play()
    play.create(worker=terminal())
    play.decide(r.DeleteSession(session=ID))
    play.forget()
    play.decide(o.WorkerUp(play.worker.id))
    assert play.effects == [f.AdoptProcess(play.worker.id)]
    play.decide(o.ProcessStarted(play.worker.id, process(), adopted=True))
    assert play.effects[1:] == [f.EndProcess(play.worker.id, "stopped")]


def test_what_comes_after_the_deletion_is_not_recorded() -> None:
    play = Play.of(terminal())
    worker_id = play.worker.id
    play.decide(r.DeleteSession(session=ID))
    play.ends("stopped")
    play.forget()
    play.ends("lost")
    play.decide(o.WorkerGaveUp(worker_id, "late"))
    play.decide(o.ProcessNotStarted(worker_id, 2, "late"))
    play.decide(o.WorkerUp(worker_id))
    play.decide(o.ProcessStarted(worker_id, process(), adopted=False))
    assert play.events == []
    assert play.effects == [f.TakeExit(worker_id, 0), f.EndProcess(worker_id, "stopped")]


# Shut down and boot.


def test_a_shutdown_ends_every_process_and_keeps_what_the_user_wants() -> None:
    play = two_shells()
    play.ends("crashed")
    play.decide(o.WorkerGaveUp(play.worker.id, "too often"))
    play.forget()
    done = play.decide(ShutDown(session=ID))
    other = play.session.workers[1].id
    assert (play.events, play.effects) == ([], [f.EndProcess(other, "shutdown")])
    assert answer(done, play.state) is None
    play.closing = True
    play.ends("shutdown", other)
    assert answer(done, play.state) == {}
    assert statuses(play) == ["quarantined", "stopped"]
    assert play.session.desired == "run"


def test_a_restart_that_a_shutdown_overtakes_waits_for_the_next_boot() -> None:
    play = Play.of(terminal())
    play.decide(r.RestartWorker(session=ID, worker=play.worker.id))
    play.decide(ShutDown(session=ID))
    play.closing = True
    play.forget()
    play.ends("shutdown")
    assert not play.wanted(f.StartWorker)
    play.closing = False
    play.boot()
    assert play.wanted(f.StartWorker)


def test_boot_goes_on_with_a_deletion() -> None:
    play = two_shells()
    play.ends("exited")
    play.decide(r.DeleteSession(session=ID))
    play.forget()
    play.boot()
    other = play.session.workers[1].id
    assert play.effects == [f.StartWorker(other), f.EndProcess(other, "stopped")]
    play.ends("lost", other)
    assert play.state.deleted


def test_boot_disposes_of_a_session_whose_deletion_is_journaled() -> None:
    play = Play.of()
    play.decide(r.DeleteSession(session=ID))
    play.forget()
    play.boot()
    assert (play.events, play.effects) == ([], [f.DisposeSession()])
