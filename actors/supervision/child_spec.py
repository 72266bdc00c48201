"""A child as data: how to start it, and what to do when it ends."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from actors.decisions.restart import RestartMode, RestartPolicy
from actors.messages.supervision import NodeKind
from actors.supervision.context import ChildContext
from actors.supervision.refs import ActorRef


class ChildSpec(Struct, frozen=True, kw_only=True):
    """`start` is called in the supervisor's thread for every incarnation and returns its ref.

    `shutdown_seconds` is what it gets for its end, real time; a supervisor needs as much as its
    children one after the other. Beyond the intensity of `policy` a child with `escalate` ends its
    supervisor; any other is quarantined and tried again after `retry_seconds` (None: by hand only).
    """

    id: str
    start: Callable[[ChildContext], ActorRef[Any]]
    restart: RestartMode = "permanent"
    shutdown_seconds: float = 5.0
    kind: NodeKind = "worker"
    policy: RestartPolicy = RestartPolicy()
    escalate: bool = False
    retry_seconds: float | None = 60.0
