"""What supervisors, their children and those who look at the tree say to each other.

Every message about a child carries the number of its incarnation, so that a late one cannot hit
the next incarnation. What is done about an end is told to a supervisor's own hooks as a `Verdict`.
"""

from typing import Literal

from msgspec import Struct

from storage.records.process import UtcTime

NodeKind = Literal["worker", "supervisor"]

NodeState = Literal["starting", "running", "stopping", "stopped", "degraded", "quarantined"]
"""`starting` includes the wait for a restart; `stopped` is an end that nobody will undo unasked;
`degraded` is the actor's own word; `quarantined` is beyond its intensity, with its last error.
"""


class Down(Struct, frozen=True):
    """A child has ended; told to its supervisor exactly once per incarnation.

    `error` is the exception's type and text (None after an ordinary stop).
    """

    child_id: str
    incarnation: int
    abnormal: bool
    error: str | None = None


class RestartDue(Struct, frozen=True):
    """The wait before a restart, or before the retry of a quarantined child, is over."""

    child_id: str
    incarnation: int


class ShutdownOverdue(Struct, frozen=True):
    """A child that was told to stop has used up its `shutdown_seconds`."""

    child_id: str
    incarnation: int


class Restarting(Struct, frozen=True):
    delay_seconds: float


class Left(Struct, frozen=True):
    """Not started again: its end was in order, or `may_restart` said no."""


class Quarantined(Struct, frozen=True):
    """Not started again before `retry_seconds` (None: before `restart_child`)."""

    retry_seconds: float | None


class Stopped(Struct, frozen=True):
    """It was told to stop, and is removed."""


Verdict = Restarting | Left | Quarantined | Stopped


class TreeNode(Struct, frozen=True, kw_only=True):
    """One actor as `status` shows it. `restarts` counts all since the node came into the tree;
    `since` is the time of the last change of `state`; `children` are in the order of start.
    """

    name: str
    kind: NodeKind
    state: NodeState
    restarts: int
    last_error: str | None
    since: UtcTime
    children: tuple["TreeNode", ...] = ()
