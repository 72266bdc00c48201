"""The actor that keeps the sync threads: with it all recording starts and stops."""

from actors.recording.recording import Recording
from actors.supervision import BaseActor, ChildContext


class Recorder(BaseActor):
    """Its end, by stop or crash, settles every journal before anything else goes on."""

    def __init__(self, context: ChildContext, recording: Recording) -> None:
        super().__init__(context)
        self._recording = recording
        recording.start()  # here, so that it runs before whoever is started next

    def stopping(self) -> None:
        self._recording.stop()
