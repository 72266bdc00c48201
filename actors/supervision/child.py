"""What a supervisor remembers of one child, across its incarnations; touched by its thread only."""

import logging
from dataclasses import dataclass, field
from typing import Any, Literal

from actors.decisions.restart import RestartHistory
from actors.messages.supervision import Down
from actors.ports import Cancel
from actors.supervision.board import Path
from actors.supervision.child_spec import ChildSpec
from actors.supervision.context import ChildContext
from actors.supervision.refs import ActorRef

Phase = Literal["held", "running", "stopping", "waiting", "quarantined", "left"]
"""`held`: is to start together with a sibling; `stopping`: told to, its end not heard of yet;
`waiting`: for its restart; `left`: ended in order and still known by its name.
"""

_log = logging.getLogger(__name__)


@dataclass(eq=False, kw_only=True)
class Child:
    """`context` and `ref` are those of the incarnation that runs or stops, else None.

    `is_wanted_again`: started once more when its stop is over.
    """

    spec: ChildSpec
    path: Path
    phase: Phase = "held"
    incarnation: int = 0
    context: ChildContext | None = None
    ref: ActorRef[Any] | None = None
    history: RestartHistory = field(default_factory=RestartHistory)
    started_at: float = 0.0
    timer: Cancel | None = None
    is_wanted_again: bool = False

    @property
    def is_alive(self) -> bool:
        return self.phase in {"running", "stopping"}

    @property
    def can_be_held(self) -> bool:
        """Whether a restart of its group brings it back too."""
        if self.phase == "quarantined":
            return self.spec.retry_seconds is not None
        return self.phase in {"held", "running", "waiting"}

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer()
            self.timer = None

    def ask_to_stop(self) -> None:
        if self.context is not None:
            self.context.report_stopping()
        if self.ref is not None:
            self.ref.stop(block=False)

    def stop_and_wait(self) -> Down:
        """Its end; after `shutdown_seconds` without one it is abandoned."""
        self.ask_to_stop()
        context = self.context
        if self.ref is None or context is None:
            return Down(self.spec.id, self.incarnation, abnormal=True, error="it had not started")
        if context.terminated.wait(self.spec.shutdown_seconds) and context.down is not None:
            return context.down
        return self.abandon()

    def abandon(self) -> Down:
        """Stop waiting for its end; the log says so, and so does the returned `error`."""
        error = f"did not stop within {self.spec.shutdown_seconds:g} s and was abandoned"
        _log.error("actor %s %s", "/".join(self.path), error)
        if self.context is not None:
            self.context.abandon()
        return Down(self.spec.id, self.incarnation, abnormal=True, error=error)
