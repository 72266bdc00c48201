"""What one incarnation of an actor is given by its supervisor, and shares with it.

The actor reports here how it is and how it ended; the supervisor waits here for its end, or gives
it up. A new incarnation gets a new context.
"""

import threading
from dataclasses import dataclass, field
from typing import Any

from actors.messages.supervision import Down, NodeState
from actors.ports import Clock
from actors.supervision.board import Board, Path
from actors.supervision.refs import ActorRef, tell

_ALIVE: tuple[NodeState, ...] = ("starting", "running", "degraded")
_STARTING: tuple[NodeState, ...] = ("starting",)


@dataclass(eq=False, kw_only=True)
class ChildContext:
    """`supervisor` is None for the root and for an actor on its own. `down` is set before
    `terminated`, and `terminated` after everything else: the actor's thread does no more.
    """

    child_id: str
    incarnation: int
    clock: Clock
    board: Board
    path: Path
    supervisor: ActorRef[Any] | None = None
    terminated: threading.Event = field(default_factory=threading.Event)
    down: Down | None = None
    ref: ActorRef[Any] | None = None
    abandoned: bool = False
    below: dict[str, "ChildContext"] = field(default_factory=dict)

    def report_degraded(self, reason: str) -> None:
        """The actor runs, but not as it should. Ignored once it stops."""
        self.board.write(self.path, self.incarnation, "degraded", reason, only_from=_ALIVE)

    def report_running(self) -> None:
        """All is well again; the last reason stays as `last_error`."""
        self.board.write(self.path, self.incarnation, "running", only_from=_ALIVE)

    def report_started(self) -> None:
        """As `report_running`, but keeps `degraded` if that was reported during the start."""
        self.board.write(self.path, self.incarnation, "running", only_from=_STARTING)

    def report_stopping(self) -> None:
        self.board.write(self.path, self.incarnation, "stopping")

    def end(self, error: str | None) -> None:
        """Called once, as the last thing the actor's thread does."""
        try:
            self.board.write(self.path, self.incarnation, "stopped", error)
            self.down = Down(self.child_id, self.incarnation, error is not None, error)
            if self.supervisor is not None:
                tell(self.supervisor, self.down)
        finally:
            self.terminated.set()

    def abandon(self) -> None:
        """Wait for it no longer: it and all below it handle no further message, and stop as soon
        as they come to look. A thread cannot be killed.
        """
        self.abandoned = True
        if self.ref is not None:
            self.ref.stop(block=False)
        for context in list(self.below.values()):
            context.abandon()
