"""What a session decides about its workers when it is told to."""

import hashlib
from typing import Any

import pytest

from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records import event as e
from storage.records import request as r
from tests.actors.decisions.given import (
    ID,
    Play,
    answer,
    awaits,
    ended,
    process,
    talker,
    talking,
    terminal,
)


def worker_command(kind: Any, play: Play, reference: str | None = None) -> Any:
    return kind(session=ID, worker=reference or play.worker.id)


def named(*names: str) -> Play:
    return Play.of(*(terminal(name=name) for name in names))


def test_a_stop_is_wanted_from_now_on_and_answered_at_the_end() -> None:
    play = named("one")
    stopped = play.decide(worker_command(r.StopWorker, play))
    assert play.worker.desired == "stopped"
    assert play.effects == [f.EndProcess(play.worker.id, "stopped")]
    assert answer(stopped, play.state) is None
    play.ends("stopped")
    assert answer(stopped, play.state).status == "stopped"
    assert answer(stopped, play.state).exit == ended("stopped")


def test_stopping_what_has_ended_ends_nothing() -> None:
    play = named("one")
    play.ends("exited")
    play.forget()
    stopped = play.decide(worker_command(r.StopWorker, play))
    assert play.effects == []
    assert answer(stopped, play.state).status == "exited"


def test_stopping_a_quarantined_worker_lifts_the_quarantine() -> None:
    play = named("one")
    play.ends("crashed")
    play.decide(o.WorkerGaveUp(play.worker.id, "too often"))
    play.decide(worker_command(r.StopWorker, play))
    assert play.worker.status == "stopped"


def test_stopping_one_that_is_deleted_meanwhile_is_answered_so() -> None:
    play = named("one")
    stopped = play.decide(worker_command(r.StopWorker, play))
    play.decide(worker_command(r.DeleteWorker, play))
    play.ends("stopped")
    assert answer(stopped, play.state) == {"deleted": True}


@pytest.mark.parametrize("cause", ["exited", "crashed", "lost", "stopped"])
def test_a_start_starts_what_does_not_run_whatever_ended_it(cause: Any) -> None:
    play = named("one")
    if cause == "stopped":
        play.decide(worker_command(r.StopWorker, play))
    play.ends(cause)
    play.forget()
    started = play.decide(worker_command(r.StartWorker, play))
    assert play.worker.desired == "run"
    assert play.effects == [f.StartWorker(play.worker.id)]
    play.up(play.worker)
    assert answer(started, play.state) == play.worker
    assert play.worker.restarts == 0


def test_starting_what_runs_changes_nothing() -> None:
    play = named("one")
    started = play.decide(worker_command(r.StartWorker, play))
    assert (play.events, play.effects) == ([], [])
    assert answer(started, play.state) == play.worker


def test_starting_what_is_just_being_stopped_starts_it_once_it_has_ended() -> None:
    play = named("one")
    play.decide(worker_command(r.StopWorker, play))
    started = play.decide(worker_command(r.StartWorker, play))
    assert answer(started, play.state) is None
    play.forget()
    play.ends("stopped")
    assert play.wanted(f.StartWorker) == [f.StartWorker(play.worker.id)]
    play.up(play.worker)
    assert answer(started, play.state).status == "running"


@pytest.mark.parametrize("cause", ["exited", "lost"])
@pytest.mark.parametrize("command", [None, ("make",)])
def test_a_start_in_a_session_that_waits_is_done_when_it_runs(cause: Any, command: Any) -> None:
    play = Play.of(terminal(command=command))
    play.ends(cause)
    play.decide(r.PauseSession(session=ID))
    started = play.decide(worker_command(r.StartWorker, play))
    assert answer(started, play.state).status == "stopped"
    play.forget()
    play.decide(r.ResumeSession(session=ID))
    assert play.wanted(f.StartWorker) == [f.StartWorker(play.worker.id)]


def test_a_stopped_conversation_can_be_started_again() -> None:
    play = talking()
    play.decide(worker_command(r.StopWorker, play))
    assert (play.worker.status, play.worker.desired) == ("stopped", "stopped")
    play.forget()
    started = play.decide(worker_command(r.StartWorker, play))
    assert play.effects == [f.StartWorker(play.worker.id)]
    play.decide(o.WorkerUp(play.worker.id))
    assert answer(started, play.state).status == "running"


def test_a_restart_of_a_running_worker_ends_it_and_starts_it_again() -> None:
    play = named("one")
    restarted = play.decide(worker_command(r.RestartWorker, play))
    assert play.effects == [f.EndProcess(play.worker.id, "stopped")]
    play.ends("stopped")
    assert answer(restarted, play.state) is None
    play.up(play.worker)
    assert answer(restarted, play.state).status == "running"
    assert play.worker.restarts == 0  # it was asked for


@pytest.mark.parametrize("before", ["starting", "stopped", "quarantined", "exited"])
def test_a_restart_of_what_does_not_run_starts_it(before: str) -> None:
    play = Play()
    play.create(worker=terminal())
    if before != "starting":
        play.up(play.worker)
        play.ends("exited")
    if before == "stopped":
        play.decide(worker_command(r.StopWorker, play))
    if before == "quarantined":
        play.decide(o.WorkerGaveUp(play.worker.id, "too often"))
    play.forget()
    play.decide(worker_command(r.RestartWorker, play))
    assert play.effects == [f.StartWorker(play.worker.id)]
    assert (play.worker.status, play.worker.desired) == ("starting", "run")
    assert play.worker.restarts == 0


def test_a_restart_of_a_conversation_starts_its_actor_anew() -> None:
    play = talking()
    restarted = play.decide(worker_command(r.RestartWorker, play))
    assert play.effects == [f.StartWorker(play.worker.id)]
    play.decide(o.WorkerUp(play.worker.id))
    assert answer(restarted, play.state).restarts == 0


@pytest.mark.parametrize("command", [r.PauseSession, r.StopSession])
def test_a_restart_in_a_session_that_is_not_to_run_is_refused(command: Any) -> None:
    play = named("one")
    play.decide(command(session=ID))
    assert play.refused(worker_command(r.RestartWorker, play)).code == "session-stopped"


# Delete.


def test_a_running_worker_is_deleted_once_its_process_has_ended() -> None:
    play = named("one", "two")
    one = play.worker
    deleted = play.decide(worker_command(r.DeleteWorker, play))
    assert play.effects == [f.EndProcess(one.id, "stopped")]
    assert answer(deleted, play.state) is None
    play.ends("stopped", one.id)
    assert answer(deleted, play.state) == {"deleted": True}
    assert play.effects[1:] == [f.RemoveWorker(one.id), f.TakeExit(one.id, 0)]
    assert [worker.name for worker in play.session.workers] == ["two"]


def test_deleting_again_waits_for_the_same_end() -> None:
    play = named("one")
    play.decide(worker_command(r.DeleteWorker, play))
    again = play.decide(worker_command(r.DeleteWorker, play))
    assert (again.events, again.effects) == ((), ())
    play.ends("stopped")
    assert answer(again, play.state) == {"deleted": True}


@pytest.mark.parametrize(
    "end",
    [
        lambda one: o.ProcessNotStarted(one, 2, "no"),
        lambda one: o.WorkerGaveUp(one, "too often"),
        lambda one: o.ProcessEnded(one, ended("lost"), None),
    ],
)
def test_any_end_finishes_the_deletion_of_a_worker(end: Any) -> None:
    play = Play()
    play.create(worker=terminal())
    worker_id = play.worker.id
    play.decide(worker_command(r.DeleteWorker, play))
    play.decide(end(worker_id))
    assert play.session.workers == ()
    assert play.wanted(f.RemoveWorker) == [f.RemoveWorker(worker_id)]


def test_a_worker_that_has_ended_is_deleted_at_once() -> None:
    play = named("one")
    play.ends("exited")
    play.forget()
    one = play.worker.id
    deleted = play.decide(worker_command(r.DeleteWorker, play))
    assert answer(deleted, play.state) == {"deleted": True}
    assert play.effects == [f.RemoveWorker(one)]


def test_a_conversation_is_deleted_at_once_and_another_can_follow() -> None:
    play = talking()
    play.asks()
    deleted = play.decide(worker_command(r.DeleteWorker, play))
    assert answer(deleted, play.state) == {"deleted": True}
    assert play.state.open_rounds == ()
    play.decide(r.CreateWorker(session=ID, worker=talker()))


def test_of_an_unknown_worker_nothing_is_deleted() -> None:
    play = named("one", "two")
    deleted = play.decide(r.DeleteWorker(session=ID, worker="x"))
    assert (answer(deleted, play.state), deleted.events) == ({"deleted": False}, ())
    assert play.refused(r.DeleteWorker(session=ID, worker="idno")).code == "ambiguous"


@pytest.mark.parametrize("command", [r.StartWorker, r.RestartWorker])
def test_a_worker_that_is_being_deleted_is_not_started_again(command: Any) -> None:
    play = named("one")
    play.decide(worker_command(r.DeleteWorker, play))
    assert play.refused(worker_command(command, play)).code == "worker-not-found"


def test_a_deletion_that_a_crash_cut_off_goes_on() -> None:
    play = named("one")
    play.decide(worker_command(r.DeleteWorker, play))
    play.forget()
    play.boot()
    assert play.effects == [f.StartWorker(play.worker.id)]
    play.decide(o.WorkerUp(play.worker.id))
    play.decide(o.ProcessStarted(play.worker.id, process(), adopted=True))
    assert play.effects[1:] == [
        f.AdoptProcess(play.worker.id),
        f.EndProcess(play.worker.id, "stopped"),
    ]
    play.ends("stopped")
    assert play.session.workers == ()


# Terminals.


def test_input_is_journaled_by_length_and_hash_and_answered_when_typed() -> None:
    play = named("one")
    worker_id = play.worker.id
    typed = play.decide(r.WriteInput(session=ID, worker=worker_id, data="é\r"))
    digest = hashlib.sha256("é\r".encode()).hexdigest()
    assert play.events == [e.InputWritten(worker_id, 1, 3, digest)]
    assert play.effects == [f.TypeInput(worker_id, 1, "é\r")]
    done = play.decide(o.InputTyped(worker_id, 1, 3))
    assert done.resolved == {awaits(typed): {"accepted": 3}}


def test_input_that_is_refused_is_answered_so() -> None:
    play = named("one")
    typed = play.decide(r.WriteInput(session=ID, worker=play.worker.id, data="x"))
    done = play.decide(o.InputRefused(play.worker.id, 1, "input-held", "by somebody"))
    refusal = r.Refusal(code="input-held", message="by somebody")
    assert done.resolved == {awaits(typed): refusal}


def test_every_input_of_a_session_has_its_own_number() -> None:
    play = named("one", "two")
    for worker in (*play.session.workers, play.worker):
        play.decide(r.WriteInput(session=ID, worker=worker.id, data="x"))
    assert [event.number for event in play.told(e.InputWritten)] == [1, 2, 3]
    keys = {(effect.worker_id, effect.number) for effect in play.wanted(f.TypeInput)}
    assert len(keys) == 3


def test_a_resize_is_told_to_the_terminal_and_not_journaled() -> None:
    play = named("one")
    resized = play.decide(r.ResizeWorker(session=ID, worker="one", cols=132, rows=43))
    assert play.effects == [f.ResizeTerminal(play.worker.id, 132, 43)]
    assert play.events == []
    assert answer(resized, play.state) == {"cols": 132, "rows": 43}


@pytest.mark.parametrize(
    "command",
    [
        lambda one: r.WriteInput(session=ID, worker=one, data="x"),
        lambda one: r.ResizeWorker(session=ID, worker=one, cols=1, rows=1),
    ],
)
def test_only_a_running_terminal_takes_input_and_sizes(command: Any) -> None:
    conversation = talking()
    refusal = conversation.refused(command(conversation.worker.id))
    assert refusal.code == "not-a-terminal"
    play = named("one")
    play.ends("exited")
    refusal = play.refused(command("one"))
    text = f"worker one is exited; start it with: greenroom run {ID}/one"
    assert (refusal.code, refusal.message) == ("worker-not-running", text)
