"""A person at a terminal, who runs one program there: types, and sees what it shows."""

import os
import select
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ptyprocess import PtyProcess

_READ_BYTES = 1 << 20
_SECONDS = 60.0


class Person:
    """Of a terminal of 24 lines and 80 columns; what comes is read as fast as it comes."""

    def __init__(self, process: Any) -> None:
        self._fd: int = process.fd
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        self.pid: int = process.pid

    def type(self, typed: bytes) -> None:
        os.write(self._fd, typed)

    def sees(self) -> bytes:
        """What comes next. TimeoutError after a minute of nothing, OSError at the end."""
        if not self._poll.poll(_SECONDS * 1000):
            raise TimeoutError("the terminal shows nothing more")
        return os.read(self._fd, _READ_BYTES)

    def sees_until(self, text: bytes) -> None:
        """Returns once `text` has come, in whatever pieces."""
        seen = b""
        while text not in seen:
            seen = seen[-len(text) :] + self.sees()

    def quiet(self, seconds: float) -> None:
        """Returns once nothing has come for so long."""
        while self._poll.poll(seconds * 1000):
            self.sees()

    def echo_seconds(self, key: bytes) -> float:
        """From the key to its echo."""
        began = time.perf_counter()
        self.type(key)
        self.sees_until(key)
        return time.perf_counter() - began


@contextmanager
def person(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[Person]:
    """`command` is ended at the end, with the terminal."""
    process: Any = PtyProcess.spawn(list(command), env=dict(environ), dimensions=(24, 80))
    try:
        yield Person(process)
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        process.close(force=True)
