"""The actor that keeps the I/O loop: with it all network work starts and stops."""

from actors.adapters.io_loop import IoLoop
from actors.supervision import BaseActor, ChildContext


class IoLoopActor(BaseActor):
    def __init__(self, context: ChildContext, io: IoLoop) -> None:
        super().__init__(context)
        self._io = io
        io.start()  # here, so that it runs before whoever is started next

    def stopping(self) -> None:
        self._io.stop()
