"""However an actor ends, its supervisor hears of it once, its askers get an answer, and every
other actor lives on.
"""

import contextlib
import threading
from typing import Any

import pykka
import pytest
from pykka._envelope import Envelope

from actors.messages.supervision import Down
from actors.supervision import (
    ActorCrashedError,
    ActorDeadError,
    ActorEndedError,
    ActorRef,
    BaseActor,
    ChildContext,
    tell,
)
from actors.supervision.base_actor import describe
from tests.fakes.actors import Block, Call, Diary, Faults, Probe, Raise, eventually, lone_context

ERRORS = [
    ValueError("boom"),
    SystemExit("boom"),
    KeyboardInterrupt("boom"),
    MemoryError("boom"),
    GeneratorExit("boom"),
]
each_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


class Listener(BaseActor):
    """Stands in for a supervisor: keeps every message it is told."""

    def __init__(self) -> None:
        super().__init__(lone_context())
        self.heard: list[Any] = []

    def on_message(self, message: Any) -> object:
        if message == "heard?":
            return list(self.heard)
        self.heard.append(message)
        return None


@pytest.fixture
def listener() -> Any:
    ref = Listener.start()
    yield ref
    assert ref.is_alive()
    ref.stop()


@pytest.fixture
def context(listener: ActorRef[Any]) -> Any:
    return lone_context(supervisor=listener)


def heard(context: ChildContext) -> Any:
    """What the supervisor was told up to the actor's end."""
    assert context.terminated.wait(10)
    assert context.supervisor is not None
    return context.supervisor.ask("heard?", block=True, timeout=10)


def down(context: ChildContext, error: str | None) -> Down:
    return Down(context.child_id, context.incarnation, error is not None, error)


def test_an_ordinary_stop_is_told_as_a_normal_end(context: ChildContext, diary: Diary) -> None:
    Probe.start(context, diary, Faults()).stop()
    assert heard(context) == [down(context, None)]
    assert [what for _, what in diary.entries] == ["started", "stopping"]


def test_an_actor_that_stops_itself_is_told_as_a_normal_end(
    context: ChildContext, diary: Diary
) -> None:
    Probe.start(context, diary, Faults()).tell(Call(lambda actor: actor.stop()))
    assert heard(context) == [down(context, None)]


@each_error
def test_an_exception_under_tell_ends_the_actor(
    context: ChildContext, diary: Diary, error: BaseException
) -> None:
    Probe.start(context, diary, Faults()).tell(Raise(error))
    assert heard(context) == [down(context, f"{type(error).__name__}: boom")]
    assert diary.count("alone", "stopping") == 1


@each_error
def test_an_exception_under_ask_goes_to_the_asker_and_ends_the_actor(
    context: ChildContext, diary: Diary, error: BaseException
) -> None:
    ref = Probe.start(context, diary, Faults())
    expected = type(error) if isinstance(error, Exception) else ActorCrashedError
    with pytest.raises(expected, match="boom"):
        ref.ask(Raise(error), timeout=10)
    assert heard(context) == [down(context, f"{type(error).__name__}: boom")]
    assert not ref.is_alive()


@each_error
def test_an_exception_in_the_start_ends_the_actor_without_its_stopping(
    context: ChildContext, diary: Diary, error: BaseException
) -> None:
    ref = Probe.start(context, diary, Faults(in_started=error))
    assert heard(context) == [down(context, f"{type(error).__name__}: boom")]
    assert diary.entries == [("alone", "started")]
    with pytest.raises(ActorDeadError):
        ref.ask("anything", timeout=10)


@each_error
def test_an_exception_in_the_clean_up_is_an_abnormal_end(
    context: ChildContext, diary: Diary, error: BaseException
) -> None:
    ref = Probe.start(context, diary, Faults(in_stopping=error))
    assert ref.stop(timeout=10)
    assert heard(context) == [down(context, f"{type(error).__name__}: boom")]


def test_the_first_error_is_the_one_told_when_the_clean_up_fails_too(
    context: ChildContext, diary: Diary
) -> None:
    Probe.start(context, diary, Faults(in_stopping=OSError("later"))).tell(Raise(KeyError("first")))
    assert heard(context) == [down(context, "KeyError: 'first'")]


def test_an_error_that_cannot_be_printed_is_told_by_its_type(
    context: ChildContext, diary: Diary
) -> None:
    class UnprintableError(Exception):
        def __str__(self) -> str:
            raise SystemExit

    Probe.start(context, diary, Faults()).tell(Raise(UnprintableError()))
    assert heard(context) == [down(context, "UnprintableError")]


@each_error
def test_other_actors_live_on(
    context: ChildContext, listener: ActorRef[Any], diary: Diary, error: BaseException
) -> None:
    neighbours = [Probe.start(lone_context(), Diary(), Faults()) for _ in range(3)]
    Probe.start(context, diary, Faults()).tell(Raise(error))
    assert context.terminated.wait(10)
    assert all(ref.is_alive() and ref.ask(Call(lambda _: 1), timeout=10) for ref in neighbours)
    for ref in neighbours:
        ref.stop()


def test_a_system_exit_in_a_proxy_call_stops_only_its_actor(
    context: ChildContext, diary: Diary
) -> None:
    class Leaver(Probe):
        def leave(self) -> None:
            raise SystemExit(3)

    ref = Leaver.start(context, diary, Faults())
    with pytest.raises(ActorCrashedError):
        ref.proxy().leave().get(timeout=10)
    assert heard(context) == [down(context, "SystemExit: 3")]


def test_those_who_queued_behind_a_crash_are_refused(context: ChildContext, diary: Diary) -> None:
    ref = Probe.start(context, diary, Faults())
    block = Block(threading.Event())
    ref.tell(block)
    ref.tell(Raise(ValueError("boom")))
    answers = [ref.ask(Call(lambda _: 1), block=False) for _ in range(5)]
    block.until.set()
    for answer in answers:
        with pytest.raises(ActorDeadError):
            answer.get(timeout=10)


def test_asks_that_race_with_the_end_are_all_answered(diary: Diary) -> None:
    for _ in range(20):
        assert ask_until_dead(Probe.start(lone_context(), diary, Faults())) <= {1, ActorDeadError}


def test_an_ask_that_passed_the_check_of_life_before_the_end_is_refused_after_it(
    context: ChildContext, diary: Diary
) -> None:
    ref = Probe.start(context, diary, Faults())
    ref.stop()
    assert context.terminated.wait(10)
    answer: pykka.Future[Any] = pykka.ThreadingFuture()
    ref.actor_inbox.put(Envelope("late", reply_to=answer))
    with pytest.raises(ActorDeadError):
        answer.get(timeout=1)


def ask_until_dead(ref: ActorRef[Probe]) -> set[Any]:
    answers: list[pykka.Future[Any]] = []

    def ask() -> None:
        while ref.is_alive():
            answers.append(ref.ask(Call(lambda _: 1), block=False))
            answers[-1].get(timeout=10)

    def ask_to_the_end() -> None:
        with contextlib.suppress(ActorDeadError):
            ask()

    askers = [threading.Thread(target=ask_to_the_end) for _ in range(3)]
    for asker in askers:
        asker.start()
    eventually(lambda: len(answers) > 20)
    ref.stop(block=False)
    for asker in askers:
        asker.join()
    return {outcome(answer) for answer in answers}


def outcome(answer: pykka.Future[Any]) -> Any:
    try:
        return answer.get(timeout=10)
    except ActorDeadError:
        return ActorDeadError


def test_the_end_is_on_the_board_and_told_before_terminated_is_set(diary: Diary) -> None:
    seen: list[Any] = []
    context = lone_context()

    class Watcher(threading.Event):
        def set(self) -> None:
            seen.append((context.board.tree().state, context.down))
            super().set()

    context.terminated = Watcher()
    Probe.start(context, diary, Faults()).tell(Raise(ValueError("boom")))
    assert context.terminated.wait(10)
    assert seen == [("stopped", down(context, "ValueError: boom"))]
    assert context.board.tree().last_error == "ValueError: boom"


def test_an_end_that_is_no_bug_is_told_in_its_own_words() -> None:
    assert describe(ActorEndedError("the server\nwent")) == "the server went"
    assert describe(ActorEndedError()) == "ActorEndedError"


def test_a_message_that_nobody_knows_is_a_bug(context: ChildContext, diary: Diary) -> None:
    ref = Probe.start(context, diary, Faults())
    with pytest.raises(TypeError, match="Probe knows no int"):
        ref.ask(42, timeout=10)


def test_an_abandoned_actor_handles_no_further_message(context: ChildContext, diary: Diary) -> None:
    ref = Probe.start(context, diary, Faults())
    block = Block(threading.Event())
    ref.tell(block)
    assert block.entered.wait(10)
    answer = ref.ask(Call(lambda _: diary.write("alone", "too late")), block=False)
    context.abandon()
    block.until.set()
    with pytest.raises(ActorDeadError):
        answer.get(timeout=10)
    assert heard(context) == [down(context, None)]
    assert diary.of("too late") == []


def test_a_thread_that_cannot_be_had_leaves_nothing_in_the_registry(
    diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(pykka.ActorRegistry.get_all())

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="new thread"):
        Probe.start(lone_context(), diary, Faults())
    assert len(pykka.ActorRegistry.get_all()) == before


def test_tell_says_whether_the_actor_was_there(context: ChildContext, diary: Diary) -> None:
    ref = Probe.start(context, diary, Faults())
    assert tell(ref, Call(lambda _: None))
    ref.stop()
    assert not tell(ref, Call(lambda _: None))


def test_actors_run_in_daemon_threads(diary: Diary) -> None:
    ref = Probe.start(lone_context(), diary, Faults())
    assert ref.ask(Call(lambda _: threading.current_thread().daemon), timeout=10)
    ref.stop()
