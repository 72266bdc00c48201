"""What is done although nothing can be recorded."""

import pytest

from actors.decisions.endings import is_done_first
from actors.messages import effects as f
from storage.records import request as r
from storage.records.request_kinds import is_ending
from tests.actors.decisions.given import ID, Play, terminal

ENDS = [
    r.PauseSession(session=ID),
    r.StopSession(session=ID),
    r.ArchiveSession(session=ID),
    r.DeleteSession(session=ID),
    r.StopWorker(session=ID, worker="w"),
    r.DeleteWorker(session=ID, worker="w"),
    r.Cancel(response_id="x"),
    r.UpdateSession(session=ID, updates={"desired": "stopped"}),
    r.UpdateSession(session=ID, updates={"desired": "paused"}),
]
OTHERS = [
    r.ResumeSession(session=ID),
    r.StartSession(session=ID),
    r.RestartSession(session=ID),
    r.UpdateSession(session=ID, updates={"desired": "run"}),
    r.UpdateSession(session=ID, updates={"desired": "stopped", "title": "x"}),
    r.GetMessages(session=ID),
    r.Request(session=ID, content="x"),
]


@pytest.mark.parametrize("request_", ENDS, ids=r.type_of)
def test_ending_is_never_refused(request_: r.RequestBase) -> None:
    assert is_ending(request_)


@pytest.mark.parametrize("request_", OTHERS, ids=r.type_of)
def test_what_starts_or_changes_waits(request_: r.RequestBase) -> None:
    assert not is_ending(request_)


def test_ends_are_done_first_and_starts_wait() -> None:
    play = Play.of(terminal())
    session = play.state.record
    worker_id = session.workers[0].id
    for effect in (
        f.EndProcess(worker_id, "stopped"),
        f.SignalProcess(worker_id, "STOP"),
        f.RemoveWorker(worker_id),
        f.CancelResponse("x"),
        f.DisposeSession(),
    ):
        assert is_done_first(effect, session)
    for waits in (
        f.StartProcess(worker_id),
        f.TakeExit(worker_id, 1),
        f.AskModel("x", 1),
        f.StartWorker("another"),
    ):
        assert not is_done_first(waits, session)


def test_what_runs_is_taken_over_so_that_it_can_be_ended() -> None:
    play = Play.of(terminal())
    worker_id = play.state.record.workers[0].id
    assert is_done_first(f.StartWorker(worker_id), play.state.record)
