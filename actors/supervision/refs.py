"""Refs to actors, and how to speak to one that may be gone."""

from typing import Any

from pykka import ActorDeadError, ActorRef, Timeout

__all__ = ["ActorDeadError", "ActorRef", "Timeout", "ask", "tell"]


def tell(ref: ActorRef[Any], message: object) -> bool:
    """Put `message` into the actor's inbox; False if the actor was already dead.

    True is no promise: an actor that ends before it comes to the message drops it.
    """
    try:
        ref.tell(message)
    except ActorDeadError:
        return False
    return True


def ask(ref: ActorRef[Any], message: object, timeout_seconds: float) -> Any:
    """The actor's answer, or what it raised; for use down the tree and by fronts only.

    Raises `Timeout` after `timeout_seconds`, `ActorDeadError` if it is dead or ends before it
    comes to the message.
    """
    return ref.ask(message, block=True, timeout=timeout_seconds)
