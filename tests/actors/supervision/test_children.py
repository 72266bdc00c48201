"""Groups that fall and rise together, and stops that never hang."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from actors.decisions.restart import RestartPolicy
from actors.messages.supervision import Left, Restarting, Stopped
from actors.supervision import ActorRef, ChildContext, ChildSpec, ask
from tests.actors.supervision.conftest import Grow, Tree
from tests.fakes.actors import (
    Block,
    Call,
    Diary,
    Family,
    Faults,
    OneForAll,
    Probe,
    Raise,
    RestForOne,
    eventually,
    family,
    probe,
)

QUICK = 0.05


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a hanging child waits for; opened at the latest when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def words(diary: Diary, since: int = 0) -> list[tuple[str, str]]:
    return [(name, what) for name, what in diary.entries[since:] if isinstance(what, str)]


def grown(grow: Grow, diary: Diary, kind: type[Family], **specs: Any) -> tuple[Tree, int]:
    tree = grow([probe(name, diary, **specs) for name in "abc"], kind)
    for name in "abc":
        tree.ref(name)
    return tree, len(diary.entries)


def test_one_for_one_restarts_the_failed_one_alone(grow: Grow, diary: Diary) -> None:
    tree, since = grown(grow, diary, Family)
    tree.crash_and_return("b")
    assert words(diary, since) == [("b", "stopping"), ("b", "started")]


def test_rest_for_one_stops_those_after_it_last_first_and_starts_them_in_order(
    grow: Grow, diary: Diary
) -> None:
    tree, since = grown(grow, diary, RestForOne)
    tree.crash("b")
    assert words(diary, since) == [("b", "stopping"), ("c", "stopping")]
    assert tree.states() == {"a": "running", "b": "starting", "c": "starting"}
    tree.clock.advance(0.5)
    tree.ref("c")
    assert [name for name, what in words(diary, since) if what == "started"] in (
        ["b", "c"],
        ["c", "b"],  # started() runs in their own threads
    )
    assert starts_in_order(tree) == ["a", "b", "c", "b", "c"]


def test_one_for_all_stops_all_last_first_and_starts_them_in_order(
    grow: Grow, diary: Diary
) -> None:
    tree, since = grown(grow, diary, OneForAll)
    tree.crash("b")
    assert words(diary, since) == [("b", "stopping"), ("c", "stopping"), ("a", "stopping")]
    tree.clock.advance(0.5)
    tree.ref("c")
    assert starts_in_order(tree) == ["a", "b", "c", "a", "b", "c"]


def starts_in_order(tree: Tree) -> list[str]:
    """The ids as `child_started` heard of them."""
    return [name for name, what in tree.diary.entries if not isinstance(what, (str, tuple))]


def test_siblings_that_went_along_are_not_blamed(grow: Grow, diary: Diary) -> None:
    tree, _ = grown(grow, diary, OneForAll, policy=RestartPolicy(intensity=1, jitter=0.0))
    tree.crash_and_return("a")
    tree.ref("b")
    tree.crash("b")
    assert tree.ends("b")[-1][1] == Restarting(0.5)
    assert [down.abnormal for down, _ in tree.ends("b")] == [False, True]


def test_a_sibling_that_was_left_or_is_temporary_does_not_come_back_with_its_group(
    grow: Grow, diary: Diary
) -> None:
    tree = grow(
        [
            probe("a", diary),
            probe("b", diary, restart="transient"),
            probe("c", diary, restart="temporary"),
        ],
        OneForAll,
    )
    tree.ref("c")
    tree.ref("b").stop()
    eventually(lambda: tree.ends("b"))
    tree.crash_and_return("a")
    assert tree.states() == {"a": "running", "b": "stopped"}
    assert tree.ends("c")[0][1] == Left()


def test_a_quarantined_sibling_is_tried_along_with_its_group(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary), probe("b", diary)], RestForOne)
    tree.crash_for_good("b")
    eventually(lambda: tree.node("b").state == "quarantined")
    tree.crash("a")
    assert len(tree.clock.waiting) == 1
    tree.clock.advance(0.5)
    tree.ref("b")


def test_when_the_failed_one_is_quarantined_in_its_start_the_others_start_without_it(
    grow: Grow, diary: Diary
) -> None:
    faults = Faults()
    policy = RestartPolicy(intensity=1)
    tree = grow([probe("a", diary, faults, policy=policy), probe("b", diary)], RestForOne)
    tree.ref("b")
    faults.in_init = OSError("gone")
    tree.crash("a")
    tree.clock.advance(0.5)
    eventually(lambda: tree.node("a").state == "quarantined")
    tree.ref("b")
    assert diary.count("b", "started") == 2


def test_a_child_added_while_its_group_waits_is_held_back(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary)], RestForOne)
    tree.crash("a")
    tree.do(lambda root: root.add_child(probe("b", diary)))
    assert tree.do(lambda root: root.child_ref("b")) is None
    tree.clock.advance(0.5)
    tree.ref("b")


def test_stopping_the_one_that_waits_lets_its_group_go_on(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary), probe("b", diary)], RestForOne)
    tree.ref("b")
    tree.crash("a")
    assert tree.do(lambda root: root.stop_child("a"))
    tree.ref("b")
    assert tree.do(lambda root: root.children()) == ("b",)
    assert tree.clock.waiting == []


def test_a_second_failure_in_a_waiting_group_restarts_all_of_it_once(
    grow: Grow, diary: Diary
) -> None:
    tree, _ = grown(grow, diary, RestForOne)
    tree.crash("b")
    tree.crash("a")
    assert len(tree.clock.waiting) == 1
    tree.clock.advance(0.5)
    tree.ref("c")
    assert starts_in_order(tree) == ["a", "b", "c", "a", "b", "c"]


def test_a_sibling_that_hangs_is_abandoned_and_its_group_restarts(
    grow: Grow, diary: Diary, gate: threading.Event
) -> None:
    hanging = probe("b", diary, Faults(hold=gate), shutdown_seconds=QUICK)
    tree = grow([probe("a", diary), hanging], RestForOne)
    context = ask(tree.ref("b"), Call(lambda actor: actor.context), 10)
    tree.crash("a")
    assert "abandoned" in str(tree.node("b").last_error)
    assert "b did not stop within 0.05 s" in str(tree.board.tree().last_error)
    gate.set()
    assert context.terminated.wait(10)
    assert tree.node("b").state == "starting"
    tree.clock.advance(0.5)
    tree.ref("b")


def test_a_child_told_to_stop_is_removed_when_it_is_down(grow: Grow, diary: Diary) -> None:
    tree = grow([probe("a", diary), probe("b", diary)])
    tree.ref("a")
    assert tree.do(lambda root: (root.stop_child("a"), root.child_ref("a"))) == (True, None)
    eventually(lambda: tree.ends("a"))
    down, verdict = tree.ends("a")[0]
    assert (down.abnormal, verdict) == (False, Stopped())
    assert tree.do(lambda root: root.children()) == ("b",)
    eventually(lambda: tree.states() == {"b": "running"})
    assert tree.clock.waiting == []


def test_a_child_that_does_not_stop_is_abandoned_and_the_owner_told(
    grow: Grow, diary: Diary, gate: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    tree = grow([probe("a", diary, Faults(hold=gate), shutdown_seconds=5.0)])
    tree.ref("a")
    tree.do(lambda root: root.stop_child("a"))
    assert tree.node("a").state == "stopping"
    tree.clock.advance(4.9)
    assert tree.do(lambda root: root.children()) == ("a",)
    tree.clock.advance(0.1)
    eventually(lambda: tree.ends("a"))
    down, verdict = tree.ends("a")[0]
    assert verdict == Stopped()
    assert down.error == "did not stop within 5 s and was abandoned"
    assert tree.do(lambda root: root.children()) == ()
    assert tree.board.tree().last_error == f"a {down.error}"
    assert "supervisor/a did not stop within 5 s" in caplog.text
    tree.do(lambda root: root.add_child(probe("a", diary)))
    tree.ref("a")
    gate.set()
    eventually(lambda: diary.count("a", "started") == 2)
    assert tree.node("a").state == "running"
    assert len(tree.ends("a")) == 1


@pytest.mark.parametrize("phase", ["waiting", "quarantined"])
def test_a_child_that_does_not_run_can_be_stopped_too(grow: Grow, diary: Diary, phase: str) -> None:
    tree = grow([probe("a", diary)])
    if phase == "waiting":
        tree.crash("a")
    else:
        tree.crash_for_good("a")
        eventually(lambda: tree.node("a").state == "quarantined")
    before = len(tree.ends("a"))
    tree.do(lambda root: root.stop_child("a"))
    eventually(lambda: len(tree.ends("a")) > before)
    assert tree.ends("a")[-1][1] == Stopped()
    assert tree.clock.waiting == []
    assert tree.board.tree().children == ()


def test_the_last_wish_wins_between_stop_and_restart(
    grow: Grow, diary: Diary, gate: threading.Event
) -> None:
    tree = grow([probe("a", diary, Faults(hold=gate)), probe("b", diary)])
    tree.ref("a")
    tree.do(lambda root: (root.stop_child("a"), root.restart_child("a")))
    gate.set()
    tree.ref("a")
    tree.ref("b")
    tree.do(lambda root: (root.restart_child("b"), root.stop_child("b")))
    assert eventually(lambda: tree.states() == {"a": "running"})


def test_a_supervisor_stops_its_children_in_reverse_order_before_itself(
    grow: Grow, diary: Diary
) -> None:
    tree, since = grown(grow, diary, RestForOne)
    assert tree.root.stop(10)
    assert words(diary, since) == [(name, "stopping") for name in ("c", "b", "a", "supervisor")]
    assert tree.states() == {"a": "stopped", "b": "stopped", "c": "stopped"}
    assert tree.root.error is None


def test_a_supervisor_that_crashes_stops_its_children_too(grow: Grow, diary: Diary) -> None:
    tree, since = grown(grow, diary, RestForOne)
    tree.root.ref.tell(Raise(SystemExit("boom")))
    assert tree.root.wait(10)
    assert tree.root.error == "SystemExit: boom"
    assert words(diary, since) == [(name, "stopping") for name in ("c", "b", "a", "supervisor")]


def test_a_supervisor_that_fails_in_its_start_stops_those_it_had_started(
    grow: Grow, diary: Diary
) -> None:
    class Unlucky(RestForOne):
        def started(self) -> None:
            super().started()
            raise OSError("boom")

    tree = grow([probe("a", diary), probe("b", diary)], Unlucky)
    assert tree.root.wait(10)
    assert [name for name, what in words(diary) if what == "stopping"] == ["b", "a"]


def test_a_child_that_hangs_does_not_keep_the_others_from_stopping(
    grow: Grow, diary: Diary, gate: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    hanging = probe("b", diary, Faults(hold=gate), shutdown_seconds=QUICK)
    tree = grow([probe("a", diary), hanging, probe("c", diary)])
    tree.ref("c")
    assert tree.root.stop(10)
    assert diary.of("stopping") == ["c", "b", "a", "supervisor"]
    assert tree.states() == {"a": "stopped", "b": "stopping", "c": "stopped"}
    assert "abandoned" in str(tree.node("b").last_error)
    assert "supervisor/b did not stop within 0.05 s and was abandoned" in caplog.text


def test_a_child_busy_in_a_message_does_not_keep_the_tree_from_stopping(
    grow: Grow, diary: Diary, gate: threading.Event
) -> None:
    tree = grow([probe("a", diary, shutdown_seconds=QUICK)])
    block = Block(gate)
    tree.ref("a").tell(block)
    assert block.entered.wait(10)
    assert tree.root.stop(10)


def test_what_waits_for_its_restart_is_not_started_by_a_stopping_supervisor(
    grow: Grow, diary: Diary
) -> None:
    tree = grow([probe("a", diary)])
    tree.crash("a")
    assert tree.root.stop(10)
    assert tree.clock.waiting == []
    tree.clock.advance(60)
    assert diary.count("a", "started") == 1
    assert tree.states() == {"a": "stopped"}


def test_the_children_of_an_abandoned_supervisor_stop(
    grow: Grow, diary: Diary, gate: threading.Event
) -> None:
    tree = grow([family("f", diary, [probe("x", diary)], shutdown_seconds=5.0)])
    tree.ref("f")
    eventually(lambda: tree.node("f", "x").state == "running")
    block = Block(gate)
    tree.ref("f").tell(block)
    assert block.entered.wait(10)
    tree.ref("f").tell(Call(lambda f: f.add_child(probe("late", diary))))
    tree.do(lambda root: root.stop_child("f"))
    tree.clock.advance(5.0)
    eventually(lambda: diary.of("stopping") == ["x"])
    gate.set()
    eventually(lambda: diary.of("stopping") == ["x", "f"])
    assert diary.count("late", "started") == 0
    assert tree.board.tree().children == ()


def test_a_supervisor_abandoned_in_mid_message_starts_nothing_any_more(
    grow: Grow, diary: Diary, gate: threading.Event
) -> None:
    entered = threading.Event()

    def add_late(supervisor: Family) -> None:
        entered.set()
        gate.wait(30)
        supervisor.add_child(probe("late", diary))

    tree = grow([family("f", diary, [])])
    tree.ref("f").tell(Call(add_late))
    assert entered.wait(10)
    tree.do(lambda root: root.stop_child("f"))
    tree.clock.advance(5.0)
    eventually(lambda: tree.ends("f"))
    tree.do(lambda root: root.add_child(family("f", diary, [])))
    tree.ref("f")
    gate.set()
    eventually(lambda: diary.of("stopping") == ["f"])
    assert diary.count("late", "started") == 0


def test_each_incarnation_gets_a_context_of_its_own(grow: Grow, diary: Diary) -> None:
    contexts: list[ChildContext] = []

    def start(context: ChildContext) -> ActorRef[Any]:
        contexts.append(context)
        return Probe.start(context, diary, Faults())

    tree = grow([ChildSpec(id="a", start=start)])
    tree.crash_and_return("a")
    first, second = contexts
    assert first.terminated.is_set()
    assert not second.terminated.is_set()
    assert first.incarnation != second.incarnation
    assert first.path == second.path == ("supervisor", "a")
