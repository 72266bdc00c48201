"""An actor that starts its children, hears of their ends, and starts them again or gives them up.

Meant to be subclassed by actors that have domain messages of their own. The rules are pure
(`decisions.restart`), the moves are in `children`; here is which end leads to which move.
"""

import logging
import random
from typing import Any, ClassVar

from actors.decisions.restart import GiveUp, Leave, Restart, RestartHistory, Strategy, after_end
from actors.messages.supervision import (
    Down,
    Left,
    Quarantined,
    RestartDue,
    Restarting,
    ShutdownOverdue,
    Stopped,
    Verdict,
)
from actors.supervision.base_actor import BaseActor
from actors.supervision.child import Child
from actors.supervision.child_spec import ChildSpec
from actors.supervision.children import Children
from actors.supervision.context import ChildContext
from actors.supervision.refs import ActorRef

_log = logging.getLogger(__name__)


class EscalatedError(Exception):
    """A child with `escalate` passed its intensity, so its supervisor ends."""


class Supervisor(BaseActor):
    """Subclasses add children in `started` and override `handle` and the hooks they need.

    All methods and hooks run in the actor's own thread. At the end, also after a crash, children
    are stopped in reverse order before `stopping` is called.
    """

    strategy: ClassVar[Strategy] = "one_for_one"

    def __init__(self, context: ChildContext) -> None:
        super().__init__(context)
        self.__children = Children(self.actor_ref, context, self.strategy, self.child_started)

    # What subclasses call.

    def add_child(self, spec: ChildSpec) -> None:
        """Start a child, last in the order; held back while its group waits for a restart.

        A `start` that raises counts as an abnormal end. Raises ValueError if a child of that id
        is there and has not been left.
        """
        self.__children.add(spec)
        self.__children.start_held()

    def stop_child(self, child_id: str) -> bool:
        """Tell a child to stop; `child_down` follows when it is down or abandoned, and removed.

        False if there is no such child.
        """
        child = self.__children.get(child_id)
        if child is None:
            return False
        child.is_wanted_again = False
        self.__children.begin_stop(child)
        return True

    def restart_child(self, child_id: str) -> bool:
        """Start a child anew by hand, stopping it first if it runs; forgets its history.

        False if there is no such child.
        """
        child = self.__children.get(child_id)
        if child is None:
            return False
        child.history = RestartHistory()
        if child.is_alive:
            child.is_wanted_again = True
            self.__children.begin_stop(child)
        else:
            child.cancel_timer()
            child.phase = "held"
            self.__children.start_held()
        return True

    def child_ref(self, child_id: str) -> ActorRef[Any] | None:
        """None while it does not run, or stops."""
        child = self.__children.get(child_id)
        return child.ref if child is not None and child.phase == "running" else None

    def children(self) -> tuple[str, ...]:
        """The ids in the order of start, also of those that do not run just now."""
        return self.__children.ids()

    # What subclasses override.

    def handle(self, message: Any) -> object:
        """Handle a message of the subclass's own; as `BaseActor.on_message`."""
        return super().on_message(message)

    def child_started(self, child_id: str, ref: ActorRef[Any]) -> None:
        """Its inbox takes messages; its `started` may still be running."""

    def child_down(self, child_id: str, down: Down, verdict: Verdict) -> None:
        """Called once for each incarnation that ended, after the verdict has taken effect."""

    def may_restart(self, child_id: str, down: Down) -> bool:
        """Whether the child is still wanted; asked before it is restarted or given up."""
        return True

    # What becomes of an end.

    def on_message(self, message: Any) -> object:
        match message:
            case Down():
                self._on_down(message)
            case RestartDue():
                self._on_restart_due(message)
            case ShutdownOverdue():
                self._on_overdue(message)
            case _:
                return self.handle(message)
        return None

    def _on_down(self, down: Down) -> None:
        child = self.__children.current(down)
        if child is None or not child.is_alive:
            return
        self.__children.ended(child)
        if child.phase == "stopping":
            self._after_stop(child, down)
        else:
            self._after_unasked_end(child, down)

    def _on_restart_due(self, due: RestartDue) -> None:
        child = self.__children.current(due)
        if child is not None and child.phase in {"waiting", "quarantined"}:
            child.timer = None
            child.phase = "held"
            self.__children.start_held()

    def _on_overdue(self, overdue: ShutdownOverdue) -> None:
        child = self.__children.current(overdue)
        if child is not None and child.phase == "stopping":
            self._after_stop(child, self.__children.abandon(child))

    def _after_stop(self, child: Child, down: Down) -> None:
        if child.is_wanted_again:
            child.is_wanted_again = False
            child.phase = "held"
            self.child_down(child.spec.id, down, Restarting(0.0))
        else:
            self.__children.forget(child)
            self.child_down(child.spec.id, down, Stopped())
        self.__children.start_held()

    def _after_unasked_end(self, child: Child, down: Down) -> None:
        decision = after_end(
            child.spec.policy,
            child.spec.restart,
            child.history,
            abnormal=down.abnormal,
            now=self.context.clock.monotonic(),
            started_at=child.started_at,
            random01=random.random(),  # noqa: S311 - spreads restarts, keeps no secret
        )
        if isinstance(decision, Leave) or not self.may_restart(child.spec.id, down):
            self._leave(child, down)
        elif isinstance(decision, Restart):
            self._restart_later(child, down, decision)
        else:
            self._give_up(child, down, decision)

    def _leave(self, child: Child, down: Down) -> None:
        child.phase = "left"
        if child.spec.restart == "temporary":
            self.__children.forget(child)
        self.child_down(child.spec.id, down, Left())
        self.__children.start_held()

    def _restart_later(self, child: Child, down: Down, decision: Restart) -> None:
        child.history = decision.history
        verdict = Restarting(decision.delay_seconds)
        siblings = self.__children.hold_group(child)
        self.__children.wait(child, "waiting", decision.delay_seconds)
        self.__children.write(child, "starting", down.error)
        self.child_down(child.spec.id, down, verdict)
        for sibling, its_down in siblings:
            is_over = sibling.spec.restart == "temporary"
            self.child_down(sibling.spec.id, its_down, Left() if is_over else verdict)

    def _give_up(self, child: Child, down: Down, decision: GiveUp) -> None:
        where = "/".join(child.path)
        if child.spec.escalate:
            raise EscalatedError(f"{where} failed too often: {down.error}")
        _log.error("actor %s failed too often and is quarantined: %s", where, down.error)
        child.history = decision.history
        self.__children.wait(child, "quarantined", child.spec.retry_seconds)
        self.__children.write(child, "quarantined", down.error)
        self.child_down(child.spec.id, down, Quarantined(child.spec.retry_seconds))
        self.__children.start_held()

    def _release(self) -> None:
        self.__children.stop_all()
