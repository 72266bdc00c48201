"""What follows when something becomes of a process, and which workers boot starts."""

import itertools
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from actors.decisions import processes
from actors.decisions.decision import DISPOSAL, THE_HOST
from actors.messages import effects as f
from actors.messages import outcomes as o
from storage.records import event as e
from storage.records import request as r
from storage.records.process import EndCause
from storage.records.worker import (
    AgentWorker,
    ConversationWorker,
    TerminalWorker,
    WorkerRestart,
)
from tests.actors.decisions.given import ID, NOW, Play, ended, process, talking, terminal

CAUSES: tuple[EndCause, ...] = get_args(EndCause)
POLICIES: tuple[WorkerRestart, ...] = get_args(WorkerRestart)


def shell(**fields: Any) -> TerminalWorker:
    return TerminalWorker(id="w", name="w", created_at=NOW, **fields)


# What comes back, as spec/terminals.md and spec/architecture.md say it.

SHELL_COMES_BACK: dict[WorkerRestart, set[EndCause]] = {
    "never": {"shutdown"},
    "on-crash": {"shutdown", "crashed", "lost", "limit"},
    "always": set(CAUSES),
}
COMMAND_COMES_BACK: dict[WorkerRestart, set[EndCause]] = {
    "never": set(),
    "on-crash": {"crashed", "limit"},
    "always": set(CAUSES),
}


@pytest.mark.parametrize(("policy", "cause"), list(itertools.product(POLICIES, CAUSES)))
def test_what_comes_back_follows_from_its_policy_and_its_end(
    policy: WorkerRestart, cause: EndCause
) -> None:
    is_expected = cause in SHELL_COMES_BACK[policy]
    assert processes.comes_back(shell(restart=policy), cause) is is_expected
    agent = AgentWorker(id="w", name="w", agent="x", command=("x",), restart=policy, created_at=NOW)
    assert processes.comes_back(agent, cause) is is_expected


@pytest.mark.parametrize(("policy", "cause"), list(itertools.product(POLICIES, CAUSES)))
def test_a_command_is_not_run_again_unless_killed_or_meant_to_run_always(
    policy: WorkerRestart, cause: EndCause
) -> None:
    worker = shell(restart=policy, command=("make",))
    assert processes.comes_back(worker, cause) is (cause in COMMAND_COMES_BACK[policy])


_STATUS: dict[EndCause, Any] = {
    "exited": "exited",
    "crashed": "exited",
    "lost": "lost",
    "stopped": "stopped",
    "shutdown": "stopped",
    "limit": "exited",
}


def ends() -> Iterator[tuple[Any, ...]]:
    return itertools.product(
        [True, False], ["run", "stopped"], POLICIES, [None, ("make",)], [None, *CAUSES]
    )


@pytest.mark.parametrize(("session_runs", "desired", "policy", "command", "cause"), list(ends()))
def test_boot_starts_exactly_what_is_to_run_and_did_not_end_for_good(
    session_runs: bool,
    desired: Any,
    policy: WorkerRestart,
    command: Any,
    cause: EndCause | None,
) -> None:
    worker = shell(
        desired=desired,
        restart=policy,
        command=command,
        status=_STATUS[cause] if cause else "stopped",
        exit=ended(cause) if cause else None,
    )
    table = COMMAND_COMES_BACK if command else SHELL_COMES_BACK
    is_expected = session_runs and desired == "run" and (cause is None or cause in table[policy])
    assert processes.is_due(worker, session_runs=session_runs) is is_expected


@pytest.mark.parametrize("status", ["running", "starting"])
@pytest.mark.parametrize("session_runs", [True, False])
def test_boot_looks_for_whatever_may_live(status: Any, session_runs: bool) -> None:
    worker = shell(status=status, desired="stopped")
    assert processes.is_due(worker, session_runs=session_runs)


@pytest.mark.parametrize("policy", POLICIES)
def test_boot_leaves_the_quarantined_alone(policy: WorkerRestart) -> None:
    crashed = ended("crashed")
    worker = shell(status="quarantined", restart=policy, exit=crashed, last_error="x")
    assert not processes.is_due(worker, session_runs=True)
    talker = ConversationWorker(id="c", name="c", status="quarantined", created_at=NOW)
    assert not processes.is_due(talker, session_runs=True)


def test_boot_does_not_try_again_what_could_not_be_started() -> None:
    worker = shell(status="stopped", last_error="no such program")
    assert not processes.is_due(worker, session_runs=True)


@pytest.mark.parametrize(
    ("session_runs", "desired", "is_due"),
    [(True, "run", True), (False, "run", False), (True, "stopped", False)],
)
def test_a_conversation_is_up_while_it_is_to_run(
    session_runs: bool, desired: Any, is_due: bool
) -> None:
    talker = ConversationWorker(id="c", name="c", status="running", desired=desired, created_at=NOW)
    assert processes.is_due(talker, session_runs=session_runs) is is_due


@pytest.mark.parametrize("status", ["exited", "lost", "stopped"])
def test_a_session_that_runs_again_takes_up_what_its_user_had_stopped(status: Any) -> None:
    stopped_by_user = shell(status="stopped", exit=ended("stopped"), command=("make",))
    assert processes.is_taken_up(stopped_by_user)
    assert not processes.is_taken_up(replace(stopped_by_user, desired="stopped"))
    by_itself = shell(status="exited", exit=ended("exited"))
    assert not processes.is_taken_up(by_itself)
    command_lost = shell(status="lost", exit=ended("lost"), command=("make",))
    assert not processes.is_taken_up(command_lost)
    never = shell(status=status, exit=ended("crashed"), restart="never")
    assert processes.is_taken_up(never) is (status == "stopped")


# Boot.


def test_boot_adopts_what_was_running_and_counts_nothing() -> None:
    play = Play.of(terminal())
    play.boot()
    assert (play.events, play.effects) == ([], [f.StartWorker(play.worker.id)])
    play.decide(o.WorkerUp(play.worker.id))
    assert play.effects[1:] == [f.AdoptProcess(play.worker.id)]
    play.decide(o.ProcessStarted(play.worker.id, process(), adopted=True))
    assert play.events == []
    assert play.worker.restarts == 0


@pytest.mark.parametrize(
    ("cause", "restarts"), [("shutdown", 0), ("crashed", 1), ("lost", 1), ("limit", 1)]
)
def test_boot_counts_a_start_after_a_crash_or_loss(cause: EndCause, restarts: int) -> None:
    play = Play.of(terminal())
    play.ends(cause)
    play.forget()
    play.boot()
    assert play.events == [e.WorkerStarting(play.worker.id, restarts)]
    play.decide(o.WorkerUp(play.worker.id))
    assert play.effects[-1] == f.StartProcess(play.worker.id)
    assert play.worker.restarts == restarts


@pytest.mark.parametrize(
    ("fields", "effect"),
    [
        ({}, f.StartProcess),
        ({"command": ("make",)}, f.AdoptProcess),
        ({"command": ("make",), "restart": "always"}, f.StartProcess),
    ],
)
def test_an_intent_without_outcome_is_repeated_unless_it_is_a_command(
    fields: Any, effect: Any
) -> None:
    play = Play()
    play.create(worker=terminal(**fields))
    play.forget()
    play.boot()
    play.decide(o.WorkerUp(play.worker.id))
    assert play.effects == [f.StartWorker(play.worker.id), effect(play.worker.id)]


def test_a_command_that_nobody_knows_of_after_a_crash_is_lost_and_not_run_again() -> None:
    play = Play()
    play.create(worker=terminal(command=("make",)))
    play.boot()
    play.decide(o.WorkerUp(play.worker.id))
    play.forget()
    play.decide(o.ProcessEnded(play.worker.id, ended("lost"), None))
    assert (play.worker.status, play.effects) == ("lost", [])
    play.boot()
    assert play.effects == []


def test_boot_starts_a_conversation_only_in_a_session_that_runs() -> None:
    play = talking()
    play.boot()
    assert play.effects == [f.StartWorker(play.worker.id)]
    play.decide(r.PauseSession(session=ID))
    play.forget()
    play.boot()
    assert play.effects == []


# Actors that come up.


def test_an_actor_that_comes_back_after_a_crash_starts_its_process_again() -> None:
    play = Play.of(terminal())
    play.ends("crashed", evidence="ended by signal 11")
    assert (play.worker.status, play.worker.last_error) == ("exited", "ended by signal 11")
    play.forget()
    play.decide(o.WorkerUp(play.worker.id))
    assert play.effects == [f.StartProcess(play.worker.id)]
    play.decide(o.ProcessStarted(play.worker.id, process(8), adopted=False))
    assert (play.worker.restarts, play.worker.last_error) == (1, None)
    assert play.worker.process == process(8)


@pytest.mark.parametrize("command", [r.StopWorker, r.StopSession])
def test_an_actor_that_comes_back_to_a_stopped_worker_starts_nothing(command: Any) -> None:
    play = Play.of(terminal())
    play.ends("crashed")
    fields = {"worker": play.worker.id} if command is r.StopWorker else {}
    play.decide(command(session=ID, **fields))
    play.forget()
    play.decide(o.WorkerUp(play.worker.id))
    assert (play.events, play.effects) == ([], [])


def test_an_actor_that_comes_back_during_a_shutdown_starts_nothing() -> None:
    play = Play.of(terminal())
    play.ends("crashed")
    play.closing = True
    play.forget()
    play.decide(o.WorkerUp(play.worker.id))
    assert (play.events, play.effects) == ([], [])


def test_what_is_started_in_a_paused_session_is_held_at_once() -> None:
    play = Play()
    play.create(worker=terminal())
    play.decide(r.PauseSession(session=ID))
    play.decide(o.WorkerUp(play.worker.id))
    play.decide(o.ProcessStarted(play.worker.id, process(), adopted=False))
    assert play.effects[-2:] == [
        f.StartProcess(play.worker.id),
        f.SignalProcess(play.worker.id, "STOP"),
    ]


@pytest.mark.parametrize("command", [r.StopWorker, r.StopSession, r.DeleteWorker])
def test_what_is_started_after_its_stop_is_ended(command: Any) -> None:
    play = Play()
    play.create(worker=terminal())
    play.decide(o.WorkerUp(play.worker.id))
    fields = {} if command is r.StopSession else {"worker": play.worker.id}
    play.decide(command(session=ID, **fields))
    play.forget()
    play.decide(o.ProcessStarted(play.worker.id, process(), adopted=False))
    assert play.effects == [f.EndProcess(play.worker.id, "stopped")]


# Ends.


@pytest.mark.parametrize("cause", CAUSES)
def test_an_end_is_recorded_and_taken_from_the_host(cause: EndCause) -> None:
    play = Play.of(terminal())
    play.decide(o.ProcessEnded(play.worker.id, ended(cause), epoch=3))
    assert (play.worker.status, play.worker.exit) == (_STATUS[cause], ended(cause))
    assert play.worker.process is None
    assert play.effects == [f.TakeExit(play.worker.id, 3)]


def test_what_no_host_knows_is_not_taken() -> None:
    play = Play.of(terminal())
    play.decide(o.ProcessEnded(play.worker.id, ended("lost"), epoch=None))
    assert play.effects == []


def test_a_worker_that_fails_too_often_is_quarantined_with_its_evidence() -> None:
    play = Play.of(terminal())
    play.ends("crashed", evidence="its last output: boom")
    play.decide(o.WorkerGaveUp(play.worker.id, "ProcessEndedError: ended by signal 11"))
    assert play.worker.status == "quarantined"
    assert play.worker.last_error == "its last output: boom"
    assert play.worker.exit == ended("crashed")


def test_an_actor_that_fails_while_its_process_lives_takes_it_along() -> None:
    play = Play.of(terminal())
    play.decide(o.WorkerGaveUp(play.worker.id, "ValueError: x"))
    assert (play.worker.status, play.worker.last_error) == ("quarantined", "ValueError: x")
    assert play.effects == [f.EndProcess(play.worker.id, "stopped")]


@pytest.mark.parametrize(
    "outcome",
    [
        o.WorkerUp("gone"),
        o.ProcessStarted("gone", process(), adopted=False),
        o.ProcessNotStarted("gone", 2, "no"),
        o.WorkerGaveUp("gone", "x"),
        o.ProcessEnded("gone", ended("exited"), None),
    ],
)
def test_news_of_a_worker_that_is_gone_changes_nothing(outcome: Any) -> None:
    decision = Play.of(terminal()).decide(outcome)
    assert (decision.events, decision.effects) == ((), ())


def test_whoever_waits_for_a_host_that_says_nothing_is_told_and_nothing_else_changes() -> None:
    play = Play.of(terminal())
    decision = play.decide(o.HostSilent(play.worker.id, "it does not answer"))
    assert (decision.events, decision.effects) == ((), ())
    assert {*decision.resolved} == {THE_HOST, DISPOSAL}
    refusal = decision.resolved[THE_HOST]
    assert (refusal.code, "it does not answer" in refusal.message) == ("host-not-answering", True)
