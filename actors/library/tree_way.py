"""The whole tree in this process, on a data directory that nobody else holds meanwhile.

The fronts are not started: no inbox, no control socket. Terminals are in their own process and live
on when this one ends; the next greenroom on the same data takes them over.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from actors.boot import RunningTree, boot
from actors.library.delivery import Delivery
from actors.library.way import Deliver, Follow
from storage.data_dir import DataDir, Lock

if TYPE_CHECKING:
    from actors.recording.broadcaster import Subscription

STOP_SECONDS = 90.0


class TreeWay:
    """Fulfils `Way`."""

    def __init__(self, tree: RunningTree, lock: Lock) -> None:
        self.data_dir = tree.around.data
        self._tree = tree
        self._lock = lock
        self._listening: Subscription | None = None

    @classmethod
    def started(cls, data: DataDir, lock: Lock, environ: Mapping[str, str]) -> Self:
        """`lock` is released when it cannot start, and at its end. StorageError, OSError."""
        own = {name: value for name, value in environ.items() if name != "GREENROOM_HOME"}
        try:
            data.prepare()
            return cls(boot(data, own), lock)
        except BaseException:
            lock.release()
            raise

    def hand_in(
        self, request: dict[str, Any], deliver: Deliver, *, follow: Follow | None = None
    ) -> Callable[[], object]:
        self._tree.gateway.hand_in(request, deliver, follow=follow)
        return lambda: None

    def listen(self, delivery: Delivery) -> None:
        if self._listening is None:
            self._listening = self._tree.around.broadcaster.subscribe(delivery.say)

    def close(self) -> None:
        try:
            self._tree.root.stop(STOP_SECONDS)
        finally:
            self._lock.release()
