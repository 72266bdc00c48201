"""Starts the top supervisor, which has nobody above it, and tells boot how and when it ended."""

from collections.abc import Callable
from typing import Any

from actors.ports import Clock
from actors.supervision.base_actor import describe
from actors.supervision.board import Board
from actors.supervision.context import ChildContext
from actors.supervision.refs import ActorRef


class RootHandle:
    """`ended` is set after everything below has ended or was abandoned."""

    def __init__(self, ref: ActorRef[Any], context: ChildContext) -> None:
        self.ref = ref
        self.ended = context.terminated
        self._context = context

    @property
    def error(self) -> str | None:
        """Why it ended, None after an ordinary stop or while it runs."""
        down = self._context.down
        return None if down is None else down.error

    def stop(self, timeout_seconds: float) -> bool:
        """Stop the whole tree; False if that took longer than `timeout_seconds`."""
        self.ref.stop(block=False)
        return self.wait(timeout_seconds)

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait for its end, by a stop or by escalation; False if the time ran out first."""
        return self.ended.wait(timeout_seconds)


def start_root(
    make: Callable[[ChildContext], ActorRef[Any]], clock: Clock, board: Board
) -> RootHandle:
    """Start what `make` makes at the top of `board`; an exception of `make` is the caller's."""
    path = board.root_path
    context = ChildContext(
        child_id=path[0],
        incarnation=board.begin(path, "supervisor"),
        clock=clock,
        board=board,
        path=path,
    )
    try:
        return RootHandle(make(context), context)
    except BaseException as error:
        board.write(path, context.incarnation, "stopped", describe(error))
        raise
