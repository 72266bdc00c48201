"""What the user wants of a session, and what follows for its workers."""

from typing import Any

import pytest

from actors.decisions.decision import Until
from actors.messages import effects as f
from actors.messages import outcomes as o
from actors.messages.session import ShutDown
from storage import fold
from storage.records import event as e
from storage.records import request as r
from tests.actors.decisions.given import (
    ID,
    NOW,
    Play,
    answer,
    process,
    talking,
    terminal,
)


def two_shells(**fields: Any) -> Play:
    return Play.of(terminal(name="one", **fields), terminal(name="two", **fields))


def statuses(play: Play) -> list[str]:
    return [worker.status for worker in play.session.workers]


def test_a_paused_session_holds_its_processes_and_resumes_them() -> None:
    play = two_shells()
    paused = play.decide(r.PauseSession(session=ID))
    assert answer(paused, play.state).status == "paused"
    assert play.effects == [f.SignalProcess(w.id, "STOP") for w in play.session.workers]
    assert statuses(play) == ["running", "running"]
    play.forget()
    resumed = play.decide(r.ResumeSession(session=ID))
    assert answer(resumed, play.state).status == "active"
    assert play.effects == [f.SignalProcess(w.id, "CONT") for w in play.session.workers]
    assert [type(event) for event in play.events] == [e.SessionUpdated]


def test_a_stop_is_answered_when_every_process_has_ended() -> None:
    play = two_shells()
    stopped = play.decide(r.StopSession(session=ID))
    one, two = (worker.id for worker in play.session.workers)
    assert play.effects == [f.EndProcess(one, "stopped"), f.EndProcess(two, "stopped")]
    play.ends("stopped", two)
    assert answer(stopped, play.state) is None
    play.ends("stopped", one)
    assert answer(stopped, play.state).status == "inactive"
    assert [worker.desired for worker in play.session.workers] == ["run", "run"]


def test_a_paused_session_can_be_stopped() -> None:
    play = two_shells()
    play.decide(r.PauseSession(session=ID))
    play.decide(r.StopSession(session=ID))
    assert len(play.wanted(f.EndProcess)) == 2
    assert len([one for one in play.wanted(f.SignalProcess) if one.signal == "CONT"]) == 2


def test_a_session_that_was_stopped_starts_what_it_had_stopped() -> None:
    play = two_shells(command=("make",))
    play.decide(r.StopSession(session=ID))
    for worker in play.session.workers:
        play.ends("stopped", worker.id)
    play.forget()
    play.decide(r.StartSession(session=ID))
    assert play.effects == [f.StartWorker(worker.id) for worker in play.session.workers]
    assert statuses(play) == ["starting", "starting"]


@pytest.mark.parametrize(
    ("between", "command"),
    [
        (None, r.StartSession),
        (r.PauseSession, r.StartSession),
        (r.PauseSession, r.ResumeSession),
        (r.StopSession, r.StartSession),
    ],
)
def test_what_ended_by_itself_is_not_run_again_with_its_session(between: Any, command: Any) -> None:
    play = Play.of(terminal(command=("deploy",)))
    play.ends("exited")
    if between:
        play.decide(between(session=ID))
    play.forget()
    play.decide(command(session=ID))
    assert (statuses(play), play.effects) == (["exited"], [])


@pytest.mark.parametrize("command", [r.PauseSession, r.ResumeSession])
def test_neither_pause_nor_resume_undoes_a_stop(command: Any) -> None:
    play = Play.of(terminal())
    play.decide(r.StopSession(session=ID))
    play.ends("stopped")
    assert play.refused(command(session=ID)).code == "session-stopped"
    assert play.session.desired == "stopped"


def test_a_start_is_refused_when_what_it_starts_cannot_be() -> None:
    play = Play.of(terminal())
    play.decide(r.StopSession(session=ID))
    play.ends("stopped")
    reply = play.decide(r.StartSession(session=ID)).reply
    assert isinstance(reply, Until)
    assert reply.value(play.state) is None
    play.decide(o.ProcessNotStarted(play.worker.id, 2, "no such directory"))
    refusal = reply.value(play.state)
    assert isinstance(refusal, r.Refusal)
    assert refusal.code == "spawn-failed"


def test_a_quarantined_worker_waits_for_a_person_also_when_its_session_runs_again() -> None:
    play = Play.of(terminal())
    play.ends("crashed")
    play.decide(o.WorkerGaveUp(play.worker.id, "too often"))
    play.decide(r.PauseSession(session=ID))
    play.decide(r.ResumeSession(session=ID))
    assert statuses(play) == ["quarantined"]


def test_a_command_that_our_shutdown_ended_is_not_run_again_by_a_resume() -> None:
    play = Play.of(terminal(command=("make",)))
    play.decide(r.PauseSession(session=ID))
    play.decide(ShutDown(session=ID))
    play.ends("shutdown")
    play.forget()
    play.boot()
    play.decide(r.ResumeSession(session=ID))
    assert play.effects == []


def test_a_worker_created_while_paused_starts_when_resumed() -> None:
    play = two_shells()
    play.decide(r.PauseSession(session=ID))
    created = play.decide(r.CreateWorker(session=ID, worker=terminal(name="late")))
    late = answer(created, play.state)
    assert late.status == "stopped"
    play.forget()
    play.decide(r.ResumeSession(session=ID))
    assert play.wanted(f.StartWorker) == [f.StartWorker(late.id)]


def test_starting_what_is_just_being_stopped_starts_it_once_it_has_ended() -> None:
    play = Play.of(terminal())
    play.decide(r.StopSession(session=ID))
    play.decide(r.StartSession(session=ID))
    assert statuses(play) == ["starting"]
    play.forget()
    play.ends("stopped")
    assert (statuses(play), play.wanted(f.StartWorker)) == (
        ["starting"],
        [f.StartWorker(play.worker.id)],
    )


def test_a_worker_that_the_user_stopped_stays_so_when_its_session_runs_again() -> None:
    play = two_shells()
    one = play.worker.id
    play.decide(r.StopWorker(session=ID, worker=one))
    play.ends("stopped", one)
    play.decide(r.StopSession(session=ID))
    play.ends("stopped", play.session.workers[1].id)
    play.decide(r.StartSession(session=ID))
    assert statuses(play) == ["stopped", "starting"]


def test_starting_a_session_that_runs_changes_nothing() -> None:
    play = talking()
    play.asks()
    play.forget()
    play.decide(r.StartSession(session=ID))
    assert (play.events, play.effects) == ([], [])


# Restart.


def test_a_restart_ends_what_runs_and_starts_it_again() -> None:
    play = Play.of(terminal(name="runs"), terminal(name="ended"), terminal(name="off"))
    runs, has_ended, off = (worker.id for worker in play.session.workers)
    play.ends("exited", has_ended)
    play.decide(r.StopWorker(session=ID, worker=off))
    play.ends("stopped", off)
    play.forget()
    restarted = play.decide(r.RestartSession(session=ID))
    assert play.effects == [f.EndProcess(runs, "stopped"), f.StartWorker(has_ended)]
    play.ends("stopped", runs)
    assert play.wanted(f.StartWorker)[-1] == f.StartWorker(runs)
    assert answer(restarted, play.state) is None
    play.forget()
    for worker_id in (runs, has_ended):
        play.decide(o.WorkerUp(worker_id))
        play.decide(o.ProcessStarted(worker_id, process(9), adopted=False))
    assert answer(restarted, play.state) == play.session
    assert [worker.restarts for worker in play.session.workers] == [0, 0, 0]


def test_a_restart_of_a_stopped_session_runs_it() -> None:
    play = Play.of(terminal())
    play.decide(r.StopSession(session=ID))
    play.ends("stopped")
    play.decide(r.RestartSession(session=ID))
    assert (play.session.desired, statuses(play)) == ("run", ["starting"])


def test_a_restart_of_a_conversation_asks_its_turn_again() -> None:
    play = talking()
    response = play.asks()
    play.forget()
    play.decide(r.RestartSession(session=ID))
    assert play.effects == [f.StartWorker(play.worker.id)]
    play.decide(o.WorkerUp(play.worker.id))
    assert play.wanted(f.AskModel) == [f.AskModel(response, 1)]


@pytest.mark.parametrize("command", [r.StopSession, r.ArchiveSession])
def test_the_conversation_of_a_stopped_session_is_stopped_with_it(command: Any) -> None:
    play = talking()
    play.asks()
    ended = play.decide(command(session=ID))
    assert statuses(play) == ["stopped"]
    assert answer(ended, play.state) == play.session
    assert play.worker.desired == "run"
    play.decide(o.WorkerUp(play.worker.id))  # news of before
    assert statuses(play) == ["stopped"]
    if command is r.StopSession:
        play.decide(r.StartSession(session=ID))
        assert statuses(play) == ["starting"]
        play.decide(o.WorkerUp(play.worker.id))
        assert statuses(play) == ["running"]
        play.decide(r.Request(session=ID, content="again"))
        assert play.wanted(f.AskModel)[-1].number == 0
        assert len(play.state.open_rounds) == 1
    assert play.replayed() == play.state


def test_a_paused_conversation_goes_on() -> None:
    play = talking()
    play.decide(r.PauseSession(session=ID))
    assert statuses(play) == ["running"]


def test_one_that_an_older_greenroom_left_running_is_stopped_when_it_wakes() -> None:
    play = talking()
    old = fold.apply(play.state, e.SessionUpdated({"desired": "stopped"}), NOW)
    assert [worker.status for worker in old.record.workers] == ["running"]
    after = Play(old)
    after.boot()
    assert statuses(after) == ["stopped"]
    after.forget()
    again = Play(after.state)
    again.boot()
    assert again.events == []


@pytest.mark.parametrize("source", ["trash", "import"])
def test_a_session_that_comes_back_has_a_conversation_that_does_not_run(source: Any) -> None:
    play = talking()
    state = fold.apply(play.state, e.SessionRestored(source), NOW)
    assert [worker.status for worker in state.record.workers] == ["stopped"]
    back = Play(state)
    back.boot()
    assert statuses(back) == ["stopped"]


# Archive.


def test_an_archived_session_is_stopped_and_hidden_until_it_is_brought_back() -> None:
    play = Play.of(terminal())
    archived = play.decide(r.ArchiveSession(session=ID))
    assert answer(archived, play.state) is None
    play.ends("stopped")
    assert answer(archived, play.state).status == "archived"
    for command in (r.StartSession, r.ResumeSession, r.PauseSession, r.RestartSession):
        refusal = play.refused(command(session=ID))
        assert (refusal.code, f"unarchive {ID}" in refusal.message) == ("session-archived", True)
    play.decide(r.StopSession(session=ID))
    back = play.decide(r.UnarchiveSession(session=ID))
    assert answer(back, play.state).status == "inactive"
    play.decide(r.StartSession(session=ID))
    assert statuses(play) == ["starting"]
