"""Actors that are started, watched and started again; the only package that imports pykka.

What others need is listed here. The restart rules are in `decisions.restart`, the messages and
`TreeNode` in `messages.supervision`.
"""

from actors.supervision.base_actor import ActorCrashedError, ActorEndedError, BaseActor
from actors.supervision.board import Board
from actors.supervision.child_spec import ChildSpec
from actors.supervision.context import ChildContext
from actors.supervision.refs import ActorDeadError, ActorRef, Timeout, ask, tell
from actors.supervision.root import RootHandle, start_root
from actors.supervision.supervisor import EscalatedError, Supervisor

__all__ = [
    "ActorCrashedError",
    "ActorDeadError",
    "ActorEndedError",
    "ActorRef",
    "BaseActor",
    "Board",
    "ChildContext",
    "ChildSpec",
    "EscalatedError",
    "RootHandle",
    "Supervisor",
    "Timeout",
    "ask",
    "start_root",
    "tell",
]
