"""Signals as something to wait for; as they were before on the way out."""

import os
import signal
from types import FrameType, TracebackType
from typing import Any, Self

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
FOLLOWED = (signal.SIGWINCH, signal.SIGTSTP, *ENDING)


class Signals:
    """As a context, of the main thread: `fd` is readable when one came, `take` says which."""

    def __init__(self) -> None:
        self.fd, self._write_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before: dict[signal.Signals, Any] = {}
        self._wakeup_before = -1

    def __enter__(self) -> Self:
        self._wakeup_before = signal.set_wakeup_fd(self._write_fd, warn_on_full_buffer=False)
        for number in FOLLOWED:
            self._before[number] = signal.signal(number, _pass_over)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self.fd)
        os.close(self._write_fd)

    def take(self) -> list[str]:
        """The names of those that came since the last look."""
        try:
            came = os.read(self.fd, 4096)
        except BlockingIOError:
            return []
        return [signal.Signals(number).name for number in dict.fromkeys(came)]

    @staticmethod
    def suspend() -> None:
        """Stop here, as SIGTSTP asked; returns when continued."""
        os.kill(os.getpid(), signal.SIGSTOP)


def _pass_over(_number: int, _frame: FrameType | None) -> None:
    """It comes through the descriptor."""
