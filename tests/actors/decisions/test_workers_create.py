"""How workers are found, and which can be created."""

from typing import Any

import pytest

from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records import request as r
from storage.records.config import SessionConfig
from storage.records.worker import TerminalWorker
from tests.actors.decisions.given import (
    ID,
    Play,
    agent,
    answer,
    process,
    talker,
    terminal,
)


def worker_command(kind: Any, play: Play, reference: str | None = None) -> Any:
    return kind(session=ID, worker=reference or play.worker.id)


def named(*names: str) -> Play:
    return Play.of(*(terminal(name=name) for name in names))


def test_a_worker_is_found_by_id_then_name_then_prefix_of_an_id() -> None:
    play = named("one", "id")
    one, two = play.session.workers
    for reference, worker in ((one.id, one), ("one", one), ("id", two)):
        command = r.ResizeWorker(session=ID, worker=reference, cols=10, rows=5)
        play.forget()
        play.decide(command)
        assert play.effects == [f.ResizeTerminal(worker.id, 10, 5)]


def test_an_ambiguous_reference_is_refused_with_the_candidates() -> None:
    play = named("one", "two")
    refusal = play.refused(r.StopWorker(session=ID, worker="idno"))
    assert refusal.code == "ambiguous"
    assert refusal.data == {
        "candidates": [{"id": worker.id, "name": worker.name} for worker in play.session.workers]
    }


@pytest.mark.parametrize(
    "command",
    [
        r.StartWorker(session=ID, worker="x"),
        r.StopWorker(session=ID, worker="x"),
        r.RestartWorker(session=ID, worker="x"),
        r.WriteInput(session=ID, worker="x", data="y"),
        r.ResizeWorker(session=ID, worker="x", cols=1, rows=1),
        r.GetActivity(session=ID, worker="x"),
    ],
)
def test_an_unknown_worker_is_refused_with_those_that_there_are(command: Any) -> None:
    refusal = named("one").refused(command)
    assert refusal.code == "worker-not-found"
    assert "one (id" in refusal.message
    assert Play.of().refused(command).message.endswith("has: none")


def test_a_new_worker_is_answered_once_it_runs() -> None:
    play = Play.of()
    wanted = terminal(command=("ls", "-l"), env={"A": "b"}, restart="never", cols=100, rows=50)
    created = play.decide(r.CreateWorker(session=ID, worker=wanted))
    worker = play.worker
    assert isinstance(worker, TerminalWorker)
    assert (worker.command, worker.env, worker.restart) == (("ls", "-l"), {"A": "b"}, "never")
    assert (worker.cols, worker.rows, worker.status) == (100, 50, "starting")
    assert play.effects == [f.StartWorker(worker.id)]
    assert answer(created, play.state) is None
    play.up(worker)
    assert answer(created, play.state) == play.worker
    assert play.worker.process == process()


def test_names_that_are_not_given_are_counted() -> None:
    play = Play.of(terminal(), terminal(name="terminal-2"), terminal(), talker())
    names = [worker.name for worker in play.session.workers]
    assert names == ["terminal-1", "terminal-2", "terminal-3", "conversation-1"]


def test_a_conversation_gives_its_session_a_config() -> None:
    play = Play.of()
    created = play.decide(r.CreateWorker(session=ID, worker=talker()))
    assert play.session.config == SessionConfig()
    play.decide(o.WorkerUp(play.worker.id))
    assert answer(created, play.state).status == "running"


def test_a_conversation_keeps_the_config_that_its_session_has() -> None:
    play = Play.of()
    play.decide(r.UpdateSession(session=ID, updates={"config": {"model": "x"}}))
    play.decide(r.CreateWorker(session=ID, worker=talker()))
    assert play.session.config == SessionConfig(model="x")


@pytest.mark.parametrize(
    ("wanted", "code", "path"),
    [
        (terminal(name="taken"), "worker-name-taken", "$.worker.name"),
        (talker(), "conversation-exists", None),
        (agent(agent="x"), "agent-not-found", "$.worker.agent"),
        (agent(), "bad-request", "$.worker.agent"),
        (agent(agent="claude", command=("x",)), "bad-request", "$.worker.command"),
        (agent(agent="claude", prompt=" "), "bad-request", "$.worker.prompt"),
        (agent(agent="claude", prompt="a\0b"), "bad-request", "$.worker.prompt"),
        (agent(agent="claude", prompt="ä" * 50_001), "bad-request", "$.worker.prompt"),
        (agent(agent="aider", prompt="a\x1bb"), "bad-request", "$.worker.prompt"),
        (terminal(prompt="x"), "bad-request", "$.worker.prompt"),
        (terminal(agent="x"), "bad-request", "$.worker.agent"),
        (terminal(env={"LD_PRELOAD": "x"}), "bad-request", "$.worker.env.LD_PRELOAD"),
        (terminal(env={"PYTHONPATH": "x"}), "bad-request", "$.worker.env.PYTHONPATH"),
        (terminal(env={"GREENROOM_X": "x"}), "bad-request", "$.worker.env.GREENROOM_X"),
        (terminal(env={"BASH_ENV": "x"}), "bad-request", "$.worker.env.BASH_ENV"),
        (terminal(env={"A=B": "x"}), "bad-request", "$.worker.env.A=B"),
        (terminal(env={"": "x"}), "bad-request", "$.worker.env."),
        (terminal(env={"A": "x\0"}), "bad-request", "$.worker.env.A"),
    ],
)
def test_a_worker_that_cannot_be_is_refused(
    wanted: r.CreateWorkerRequest, code: str, path: str | None
) -> None:
    play = Play.of(terminal(name="taken"), talker())
    refusal = play.refused(r.CreateWorker(session=ID, worker=wanted))
    assert (refusal.code, refusal.path) == (code, path)


@pytest.mark.parametrize("field", ["command", "env", "agent"])
def test_a_conversation_takes_nothing_of_a_process(field: str) -> None:
    value = {"command": ("x",), "env": {"A": "b"}, "agent": "x"}[field]
    refusal = Play.of().refused(r.CreateWorker(session=ID, worker=talker(**{field: value})))
    assert (refusal.code, refusal.path) == ("bad-request", f"$.worker.{field}")


def test_a_worker_whose_program_cannot_be_run_is_answered_with_the_reason() -> None:
    play = Play.of()
    created = play.decide(r.CreateWorker(session=ID, worker=terminal()))
    play.decide(o.ProcessNotStarted(play.worker.id, 13, "cannot start x: Permission denied"))
    refusal = answer(created, play.state)
    assert refusal.code == "spawn-failed"
    assert refusal.message == "cannot start x: Permission denied (errno 13)"


def test_a_worker_that_is_deleted_before_it_runs_is_answered_so() -> None:
    play = Play.of()
    created = play.decide(r.CreateWorker(session=ID, worker=terminal()))
    play.decide(worker_command(r.DeleteWorker, play))
    play.ends("stopped")
    assert answer(created, play.state).code == "worker-not-found"


def test_a_worker_that_is_to_be_stopped_is_put_there_and_not_started() -> None:
    play = Play.of(terminal(desired="stopped"))
    assert (play.worker.desired, play.worker.status) == ("stopped", "stopped")
    created = play.decide(r.CreateWorker(session=ID, worker=talker(desired="stopped")))
    talking = play.session.workers[1]
    assert play.effects == []
    assert answer(created, play.state) == talking
    assert (talking.desired, talking.status) == ("stopped", "stopped")
    play.decide(r.StartWorker(session=ID, worker=talking.id))
    assert play.effects == [f.StartWorker(talking.id)]
