"""Actors with faults, and a supervisor that tests drive through messages.

`Probe` does what its `Faults` and the messages say; `Family` is a supervisor of given children.
Both write what happens to them into a `Diary` that the test reads.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from actors.decisions.restart import Strategy
from actors.messages.supervision import Down, Verdict
from actors.supervision import (
    ActorRef,
    BaseActor,
    Board,
    ChildContext,
    ChildSpec,
    Supervisor,
)
from tests.fakes.clock import FakeClock

Value = TypeVar("Value")


def eventually(condition: Callable[[], Value], *, seconds: float = 30.0) -> Value:
    """The first true value of `condition`; AssertionError when none comes within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition did not come to hold"
        time.sleep(0.001)
    return value


@dataclass
class Diary:
    """What happened, in order: `(name, what)` pairs, `what` a word or a message."""

    entries: list[tuple[str, Any]] = field(default_factory=list)

    def write(self, name: str, what: Any) -> None:
        self.entries.append((name, what))

    def of(self, what: str) -> list[str]:
        return [name for name, said in self.entries if said == what]

    def count(self, name: str, what: str) -> int:
        return self.entries.count((name, what))


@dataclass
class Faults:
    """What a probe raises and where; `hold` blocks its `stopping` until the test sets it."""

    in_init: BaseException | None = None
    in_started: BaseException | None = None
    in_stopping: BaseException | None = None
    hold: threading.Event | None = None


@dataclass
class Raise:
    error: BaseException


@dataclass
class Block:
    """Keeps the actor busy until the test sets `until`."""

    until: threading.Event
    entered: threading.Event = field(default_factory=threading.Event)


@dataclass
class Call:
    """Runs `function(actor)` in the actor's thread; what it returns answers an ask."""

    function: Callable[[Any], Any]


class Probe(BaseActor):
    def __init__(self, context: ChildContext, diary: Diary, faults: Faults) -> None:
        super().__init__(context)
        self.diary = diary
        self.faults = faults
        if faults.in_init:
            raise faults.in_init

    def started(self) -> None:
        self.diary.write(self.context.child_id, "started")
        if self.faults.in_started:
            raise self.faults.in_started

    def on_message(self, message: Any) -> object:
        return perform(self, message)

    def stopping(self) -> None:
        self.diary.write(self.context.child_id, "stopping")
        if self.faults.hold:
            self.faults.hold.wait(30)
        if self.faults.in_stopping:
            raise self.faults.in_stopping


class Family(Supervisor):
    """`vetoed`: ids that `may_restart` refuses. Hooks write `ref` and `(down, verdict)`."""

    def __init__(self, context: ChildContext, diary: Diary, specs: Sequence[ChildSpec]) -> None:
        super().__init__(context)
        self.diary = diary
        self.specs = specs
        self.vetoed: set[str] = set()

    def started(self) -> None:
        for spec in self.specs:
            self.add_child(spec)

    def handle(self, message: Any) -> object:
        return perform(self, message)

    def stopping(self) -> None:
        self.diary.write(self.context.child_id, "stopping")

    def child_started(self, child_id: str, ref: ActorRef[Any]) -> None:
        self.diary.write(child_id, ref)

    def child_down(self, child_id: str, down: Down, verdict: Verdict) -> None:
        self.diary.write(child_id, (down, verdict))

    def may_restart(self, child_id: str, down: Down) -> bool:
        return child_id not in self.vetoed


class OneForAll(Family):
    strategy: ClassVar[Strategy] = "one_for_all"


class RestForOne(Family):
    strategy: ClassVar[Strategy] = "rest_for_one"


def perform(actor: BaseActor, message: Any) -> object:
    match message:
        case Raise(error):
            raise error
        case Call(function):
            return function(actor)
        case Block(until, entered):
            entered.set()
            until.wait(30)
            return None
        case _:
            return BaseActor.on_message(actor, message)


def probe(child_id: str, diary: Diary, faults: Faults | None = None, **spec: Any) -> ChildSpec:
    """The spec of a `Probe`; `spec` are fields of ChildSpec."""
    behaviour = faults or Faults()
    return ChildSpec(
        id=child_id, start=lambda context: Probe.start(context, diary, behaviour), **spec
    )


def family(child_id: str, diary: Diary, children: Sequence[ChildSpec], **spec: Any) -> ChildSpec:
    """The spec of a one_for_one supervisor of `children`."""
    return ChildSpec(
        id=child_id,
        start=lambda context: Family.start(context, diary, children),
        kind="supervisor",
        **spec,
    )


def lone_context(clock: FakeClock | None = None, *, supervisor: Any = None) -> ChildContext:
    """For an actor at the root of a board of its own."""
    its_clock = clock or FakeClock()
    board = Board(its_clock, root_name="alone")
    return ChildContext(
        child_id="alone",
        incarnation=board.begin(("alone",), "worker"),
        clock=its_clock,
        board=board,
        path=("alone",),
        supervisor=supervisor,
    )
