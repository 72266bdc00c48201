"""What becomes of a child that ended: restarted, left, quarantined, or its supervisor's end."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from actors.decisions.restart import RestartMode, RestartPolicy
from actors.messages.supervision import (
    Down,
    Left,
    Quarantined,
    RestartDue,
    Restarting,
    ShutdownOverdue,
)
from actors.supervision import ActorRef, ChildContext, ChildSpec, ask
from tests.actors.supervision.conftest import Grow
from tests.fakes.actors import Block, Call, Diary, Faults, Probe, Raise, eventually, family, probe
from tests.fakes.clock import FakeClock

STEADY = RestartPolicy(jitter=0.0)


def test_a_crashed_child_is_started_again_after_its_delay_and_not_before(
    grow: Grow, diary: Diary
) -> None:
    tree = grow([probe("a", diary, policy=STEADY)])
    tree.crash("a")
    node = tree.node("a")
    assert (node.state, node.restarts, node.last_error) == ("starting", 0, "ValueError: boom")
    tree.clock.advance(0.49)
    assert tree.do(lambda root: root.child_ref("a")) is None
    tree.clock.advance(0.01)
    tree.ref("a")
    assert tree.node("a").restarts == 1
    assert tree.node("a").last_error == "ValueError: boom"


def test_delays_double_on_the_clock(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary, policy=STEADY)])
    for _ in range(5):
        tree.crash_and_return("a")
    assert [verdict for _, verdict in tree.ends("a")] == [
        Restarting(seconds) for seconds in (0.5, 1.0, 2.0, 4.0, 8.0)
    ]


def test_as_many_crashes_as_the_intensity_leave_it_running(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary)])
    for _ in range(5):
        tree.crash_and_return("a")
    assert tree.node("a").state == "running"
    assert tree.node("a").restarts == 5


def test_one_crash_more_quarantines_it_while_its_siblings_run_on(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary), probe("b", diary)])
    tree.crash_for_good("a")
    eventually(lambda: tree.node("a").state == "quarantined")
    assert tree.node("a").last_error == "ValueError: once too often"
    tree.ref("b")
    assert diary.count("b", "started") == 1
    assert tree.ends("a")[-1][1] == Quarantined(60.0)


def test_a_quarantined_child_is_tried_again_and_one_failure_puts_it_back(
    grow: Grow, diary: Diary
) -> None:
    tree = grow([probe("a", diary)])
    tree.crash_for_good("a")
    eventually(lambda: tree.node("a").state == "quarantined")
    for _ in range(2):
        tree.clock.advance(60.0)
        tree.crash("a")
        assert tree.node("a").state == "quarantined"


def test_a_quarantined_child_that_runs_well_is_an_ordinary_one_again(
    grow: Grow, diary: Diary
) -> None:
    tree = grow([probe("a", diary, policy=STEADY)])
    tree.crash_for_good("a")
    eventually(lambda: tree.node("a").state == "quarantined")
    tree.clock.advance(60.0)
    tree.ref("a")
    tree.clock.advance(60.0)
    tree.crash("a")
    assert tree.ends("a")[-1][1] == Restarting(0.5)


def test_without_a_retry_only_a_hand_brings_it_back_and_its_history_is_gone(
    grow: Grow, diary: Diary
) -> None:
    tree = grow([probe("a", diary, retry_seconds=None, policy=STEADY)])
    tree.crash_for_good("a")
    eventually(lambda: tree.node("a").state == "quarantined")
    assert tree.clock.waiting == []
    assert tree.do(lambda root: root.restart_child("a"))
    tree.crash("a")
    assert tree.ends("a")[-1][1] == Restarting(0.5)


def test_a_hand_that_restarts_a_quarantined_child_cancels_its_retry(
    grow: Grow, diary: Diary
) -> None:
    tree = grow([probe("a", diary)])
    tree.crash_for_good("a")
    eventually(lambda: tree.node("a").state == "quarantined")
    tree.do(lambda root: root.restart_child("a"))
    tree.ref("a")
    assert tree.clock.waiting == []


def test_a_running_child_restarted_by_hand_is_stopped_first(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary)])
    before = tree.ref("a")
    assert tree.do(lambda root: root.restart_child("a"))
    eventually(lambda: tree.ends("a"))
    assert tree.ref("a") != before
    assert tree.ends("a")[0][1] == Restarting(0.0)
    assert tree.clock.waiting == []
    said = [what for name, what in diary.entries if name == "a" and isinstance(what, str)]
    assert said == ["started", "stopping", "started"]


def test_beyond_its_intensity_an_escalating_child_ends_the_supervisor(
    grow: Grow, diary: Diary
) -> None:
    tree = grow([probe("a", diary), probe("b", diary, escalate=True), probe("c", diary)])
    tree.crash_for_good("b")
    assert tree.root.wait(10)
    assert tree.root.error is not None
    assert "supervisor/b failed too often: ValueError: once too often" in tree.root.error
    assert diary.of("stopping")[-3:] == ["c", "a", "supervisor"]


def test_an_escalation_restarts_the_supervisor_under_its_own_policy(
    grow: Grow, diary: Diary
) -> None:
    inner = probe("x", diary, escalate=True, policy=RestartPolicy(intensity=0))
    tree = grow([family("f", diary, [inner])])
    tree.ref("f").ask(Call(lambda f: f.child_ref("x").tell(Raise(ValueError("boom")))), timeout=10)
    eventually(lambda: tree.ends("f"))
    down, verdict = tree.ends("f")[0]
    assert down.abnormal
    assert isinstance(verdict, Restarting)
    tree.clock.advance(0.5)
    tree.ref("f")
    eventually(lambda: tree.node("f", "x").state == "running")
    assert diary.count("x", "started") == 2


@pytest.mark.parametrize(
    ("restart", "crashes", "comes_back"),
    [
        ("permanent", False, True),
        ("transient", False, False),
        ("transient", True, True),
    ],
)
def test_the_restart_mode_is_obeyed(
    grow: Grow, diary: Diary, restart: RestartMode, crashes: bool, comes_back: bool
) -> None:
    tree = grow([probe("a", diary, restart=restart)])
    ref = tree.ref("a")
    ref.tell(Raise(ValueError("boom")) if crashes else Call(lambda actor: actor.stop()))
    eventually(lambda: tree.ends("a"))
    verdict = tree.ends("a")[0][1]
    assert isinstance(verdict, Restarting if comes_back else Left)
    assert tree.node("a").state == ("starting" if comes_back else "stopped")


def test_a_temporary_child_is_gone_after_its_end(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary, restart="temporary")])
    tree.crash("a")
    assert tree.do(lambda root: root.children()) == ()
    assert tree.board.tree().children == ()


def test_a_child_that_was_left_can_be_started_by_hand_or_replaced(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary, restart="transient")])
    tree.ref("a").stop()
    eventually(lambda: tree.ends("a"))
    tree.do(lambda root: root.restart_child("a"))
    tree.ref("a").stop()
    eventually(lambda: len(tree.ends("a")) == 2)
    assert tree.states() == {"a": "stopped"}
    tree.do(lambda root: root.add_child(probe("a", diary)))
    assert tree.ref("a").is_alive()
    assert diary.count("a", "started") == 3


def test_the_owner_may_say_that_a_child_is_no_longer_wanted(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary)])
    tree.do(lambda root: root.vetoed.add("a"))
    tree.crash("a")
    assert tree.ends("a")[0][1] == Left()
    assert tree.node("a").state == "stopped"
    assert tree.clock.waiting == []


def test_death_in_the_start_counts_until_it_is_quarantined(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary, Faults(in_started=OSError("no port")))])
    for delay_seconds in (0.5, 1.0, 2.0, 4.0, 8.0):
        eventually(lambda: len(tree.clock.waiting) == 1)
        tree.clock.advance(delay_seconds)
    eventually(lambda: tree.node("a").state == "quarantined")
    assert tree.node("a").last_error == "OSError: no port"


@pytest.mark.parametrize("error", [OSError("no"), SystemExit("no"), KeyboardInterrupt("no")])
def test_a_start_that_raises_counts_as_an_abnormal_end_and_is_tried_again(
    grow: Grow, diary: Diary, error: BaseException
) -> None:
    faults = Faults(in_init=error)
    tree = grow([probe("a", diary, faults)])
    eventually(lambda: tree.ends("a"))
    down, verdict = tree.ends("a")[0]
    assert (down.abnormal, down.error) == (True, f"{type(error).__name__}: no")
    assert isinstance(verdict, Restarting)
    faults.in_init = None
    tree.clock.advance(0.5)
    tree.ref("a")


def test_an_actor_that_lives_though_its_start_raised_is_stopped(grow: Grow, diary: Diary) -> None:
    def start(context: ChildContext) -> ActorRef[Any]:
        Probe.start(context, diary, Faults())
        raise OSError("after the fact")

    tree = grow([ChildSpec(id="a", start=start)])
    eventually(lambda: diary.of("stopping") == ["a"])
    eventually(lambda: tree.ends("a"))
    assert len(tree.ends("a")) == 1


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), MemoryError()])
def test_a_base_exception_in_one_child_leaves_the_others_alone(
    grow: Grow, diary: Diary, error: BaseException
) -> None:
    tree = grow([probe("a", diary), probe("b", diary), family("f", diary, [probe("x", diary)])])
    eventually(lambda: tree.board.find(("supervisor", "f", "x")))
    tree.crash("a", error)
    assert ask(tree.ref("b"), Call(lambda _: "here"), 10) == "here"
    eventually(lambda: tree.node("f", "x").state == "running")
    assert diary.count("x", "started") == 1
    assert tree.board.tree().state == "running"
    tree.clock.advance(0.5)
    tree.ref("a")


def test_an_exception_under_ask_is_an_end_like_any_other(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary)])
    with pytest.raises(ValueError, match="boom"):
        tree.ref("a").ask(Raise(ValueError("boom")), timeout=10)
    eventually(lambda: tree.ends("a"))
    tree.clock.advance(0.5)
    tree.ref("a")


def test_messages_of_an_earlier_incarnation_are_ignored(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary)])
    tree.crash_and_return("a")
    ref = tree.ref("a")
    old = tree.ends("a")[0][0]
    for late in (
        old,
        RestartDue("a", old.incarnation),
        ShutdownOverdue("a", old.incarnation),
        Down("nobody", 1, abnormal=True),
    ):
        tree.root.ref.tell(late)
    assert tree.ref("a") == ref
    assert len(tree.ends("a")) == 1


def test_a_timer_of_the_present_incarnation_does_nothing_while_it_runs(
    grow: Grow, diary: Diary
) -> None:
    tree = grow([probe("a", diary)])
    ref = tree.ref("a")
    number = ask(ref, Call(lambda actor: actor.context.incarnation), 10)
    tree.root.ref.tell(RestartDue("a", number))
    tree.root.ref.tell(ShutdownOverdue("a", number))
    assert tree.ref("a") == ref


def test_an_id_is_taken_while_its_child_is_there(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary)])
    with pytest.raises(ValueError, match="a is already a child of supervisor"):
        tree.do(lambda root: root.add_child(probe("a", diary)))
    assert tree.root.wait(10)


def test_what_is_not_there_cannot_be_stopped_or_restarted(grow: Grow) -> None:
    tree = grow([])
    assert tree.do(lambda root: root.stop_child("x")) is False
    assert tree.do(lambda root: root.restart_child("x")) is False
    assert tree.do(lambda root: root.child_ref("x")) is None


def test_three_levels_stand_on_the_board_with_what_they_report(
    grow: Grow, diary: Diary, clock: FakeClock
) -> None:
    contexts: list[ChildContext] = []

    def start(context: ChildContext) -> ActorRef[Any]:
        contexts.append(context)
        return Probe.start(context, diary, Faults())

    worker = ChildSpec(id="w1", start=start)
    tree = grow([family("sessions", diary, [family("s1", diary, [worker])])])
    eventually(lambda: contexts and tree.node("sessions", "s1", "w1").state == "running")
    started = tree.node("sessions", "s1", "w1").since
    clock.advance(7)
    contexts[0].report_degraded("no model")
    node = tree.node("sessions", "s1", "w1")
    assert (node.kind, node.state, node.last_error) == ("worker", "degraded", "no model")
    assert node.since == started + timedelta(seconds=7)
    assert tree.node("sessions", "s1").kind == "supervisor"


def test_the_board_answers_while_every_actor_hangs(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary)])
    block = Block(threading.Event())
    for ref in (tree.ref("a"), tree.root.ref):
        block.entered.clear()
        ref.tell(block)
        assert block.entered.wait(10)
    assert tree.states() == {"a": "running"}
    block.until.set()
