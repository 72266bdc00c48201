"""The children of one supervisor in the order of their start, and the moves they can make.

Starts them, stops them, holds back those that go with a failed sibling, sets their timers and
writes their nodes on the board. What to do about an end is decided by `supervisor`, in whose thread
all of this runs. Only `hold_group` and `stop_all` wait, at most `shutdown_seconds` per child.
"""

import logging
from collections.abc import Callable
from typing import Any

from actors.decisions.restart import Strategy, affected
from actors.messages.supervision import Down, NodeState, RestartDue, ShutdownOverdue
from actors.ports import Cancel
from actors.supervision.base_actor import describe
from actors.supervision.child import Child, Phase
from actors.supervision.child_spec import ChildSpec
from actors.supervision.context import ChildContext
from actors.supervision.refs import ActorDeadError, ActorRef, tell

_log = logging.getLogger(__name__)


class Children:
    """`owner` is the ref, `above` the context of the supervisor; `on_start` hears of each start."""

    def __init__(
        self,
        owner: ActorRef[Any],
        above: ChildContext,
        strategy: Strategy,
        on_start: Callable[[str, ActorRef[Any]], None],
    ) -> None:
        self._owner = owner
        self._above = above
        self._strategy = strategy
        self._on_start = on_start
        self._by_id: dict[str, Child] = {}

    def ids(self) -> tuple[str, ...]:
        return tuple(self._by_id)

    def get(self, child_id: str) -> Child | None:
        return self._by_id.get(child_id)

    def current(self, message: Down | RestartDue | ShutdownOverdue) -> Child | None:
        """The child that is meant; None if it is gone, or meanwhile another incarnation."""
        child = self._by_id.get(message.child_id)
        return child if child and child.incarnation == message.incarnation else None

    def add(self, spec: ChildSpec) -> None:
        """`held`, last in the order. Raises ValueError if the id is taken, unless by one left."""
        known = self._by_id.get(spec.id)
        if known is not None and known.phase != "left":
            raise ValueError(f"{spec.id} is already a child of {'/'.join(self._above.path)}")
        self._by_id.pop(spec.id, None)
        self._by_id[spec.id] = Child(spec=spec, path=(*self._above.path, spec.id))

    def forget(self, child: Child) -> None:
        self._by_id.pop(child.spec.id, None)
        self._above.board.remove(child.path)

    def write(self, child: Child, state: NodeState, error: str | None = None) -> None:
        self._above.board.write(child.path, child.incarnation, state, error)

    def wait(self, child: Child, phase: Phase, seconds: float | None) -> None:
        """A `RestartDue` ends the wait; None: nothing does."""
        child.phase = phase
        if seconds is not None:
            due = RestartDue(child.spec.id, child.incarnation)
            child.timer = self._tell_after(seconds, due)

    def ended(self, child: Child) -> None:
        """This incarnation is over."""
        child.cancel_timer()
        child.context = child.ref = None
        self._above.below.pop(child.spec.id, None)

    def start_held(self) -> None:
        """Start in order all that are held and need not wait for a sibling."""
        for child in self._startable():
            if child.phase == "held" and not self._start(child) and self._strategy != "one_for_one":
                return

    def begin_stop(self, child: Child) -> None:
        """Tell it to stop; a `Down` or a `ShutdownOverdue` follows, also if it does not run."""
        if child.phase == "stopping":
            return
        child.cancel_timer()
        runs = child.phase == "running" and child.ref is not None
        child.phase = "stopping"
        if runs:
            child.ask_to_stop()
            overdue = ShutdownOverdue(child.spec.id, child.incarnation)
            child.timer = self._tell_after(child.spec.shutdown_seconds, overdue)
        else:  # by a message all the same, so that no hook runs inside the caller's `stop_child`
            tell(self._owner, Down(child.spec.id, child.incarnation, abnormal=False))

    def abandon(self, child: Child) -> Down:
        """Wait no longer for its end."""
        down = self._noted(child, child.abandon())
        self.ended(child)
        return down

    def hold_group(self, failed: Child) -> list[tuple[Child, Down]]:
        """Stop the siblings that go with `failed`, last first; those that ran, with their ends."""
        ended: list[tuple[Child, Down]] = []
        for child_id in reversed(affected(self._strategy, self.ids(), failed.spec.id)):
            child = self._by_id[child_id]
            if child is failed or not child.can_be_held:
                continue
            if child.phase == "running":
                ended.append((child, self._stop_now(child)))
            child.cancel_timer()
            child.phase = "held"
            self.write(child, "starting")
            if child.spec.restart == "temporary":
                self.forget(child)
        return ended

    def stop_all(self) -> None:
        """In reverse order, one after the other; those that hang are abandoned."""
        for child in reversed(list(self._by_id.values())):
            child.cancel_timer()
            if child.is_alive:
                self._noted(child, child.stop_and_wait())
            elif child.phase in {"waiting", "held"}:
                self.write(child, "stopped")

    def _stop_now(self, child: Child) -> Down:
        down = self._noted(child, child.stop_and_wait())
        self.ended(child)
        # What it may still tell or write, its Down or an end long overdue, is of the past now.
        child.incarnation = self._above.board.retire(child.path)
        return down

    def _noted(self, child: Child, down: Down) -> Down:
        """An abandoned child is soon gone from the board, so its supervisor's node tells of it."""
        if child.ref is not None and child.context is not None and child.context.abandoned:
            board, above = self._above.board, self._above
            board.note_error(child.path, child.incarnation, str(down.error))
            board.note_error(above.path, above.incarnation, f"{child.spec.id} {down.error}")
        return down

    def _startable(self) -> list[Child]:
        children = list(self._by_id.values())
        waits = [place for place, child in enumerate(children) if child.phase == "waiting"]
        if self._strategy == "one_for_one" or not waits:
            return children
        return children[: waits[0]] if self._strategy == "rest_for_one" else []

    def _start(self, child: Child) -> bool:
        if self._above.abandoned:
            raise ActorDeadError(f"{self._owner} was abandoned and starts nothing")
        child.context = context = self._begin(child)
        child.incarnation = context.incarnation
        child.phase = "running"
        child.started_at = context.clock.monotonic()
        try:
            child.ref = child.spec.start(context)
        except BaseException as error:  # noqa: BLE001 - a child's fault must not end its supervisor
            self._start_failed(child, context, error)
            return False
        self._on_start(child.spec.id, child.ref)
        return True

    def _begin(self, child: Child) -> ChildContext:
        above = self._above
        context = ChildContext(
            child_id=child.spec.id,
            incarnation=above.board.begin(child.path, child.spec.kind),
            clock=above.clock,
            board=above.board,
            path=child.path,
            supervisor=self._owner,
        )
        above.below[child.spec.id] = context
        return context

    def _start_failed(self, child: Child, context: ChildContext, error: BaseException) -> None:
        text = describe(error)
        _log.error("actor %s did not start: %s", "/".join(child.path), text, exc_info=error)
        context.abandon()  # should an actor have come to life before `start` raised
        tell(self._owner, Down(child.spec.id, child.incarnation, abnormal=True, error=text))

    def _tell_after(self, seconds: float, message: object) -> Cancel:
        def call() -> None:
            tell(self._owner, message)

        return self._above.clock.after(seconds, call)
