"""Watches the inbox for the file front; a watch that has died is set up again."""

from pathlib import Path
from typing import Any

from actors.inbox.inbox_actor import Look
from actors.supervision import ActorEndedError, BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from storage.files_watch import FilesWatch

CHECK_SECONDS = 5.0


class Check:
    """See whether the watch is alive."""


class WatchEndedError(ActorEndedError):
    """Reports of changes have ceased to come; a new watch is needed."""


class FilesWatchActor(BaseActor):
    def __init__(self, context: ChildContext, around: Surroundings) -> None:
        super().__init__(context)
        self._around = around
        self._watch = FilesWatch([around.data.inbox], self._look)

    def started(self) -> None:
        self._watch.start()
        self._check_later()

    def stopping(self) -> None:
        self._watch.stop()

    def on_message(self, message: Any) -> object:
        if isinstance(message, Check):
            if not self._watch.is_alive():
                raise WatchEndedError("the watch of the inbox has ended")
            self._check_later()
            return None
        return super().on_message(message)

    def _look(self, _: Path) -> None:
        self._around.inbox.tell(Look())

    def _check_later(self) -> None:
        self.context.clock.after(CHECK_SECONDS, self._ask_for_check)

    def _ask_for_check(self) -> None:
        tell(self.actor_ref, Check())
