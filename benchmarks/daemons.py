"""The real daemon, started and stopped by the real command line, on a data directory of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from actors.cli.connection import Connection
from actors.cli.directory_lock import is_held
from actors.entry import clean_environment
from benchmarks.measuring import timed
from storage.data_dir import DataDir

CHECKOUT = Path(__file__).resolve().parents[1]
_LOOK_SECONDS = 0.002


class Daemon:
    """Of one data directory. `start` and `stop` are whole commands; all raise when they fail."""

    def __init__(self, data: DataDir) -> None:
        self.data = data
        self._pids: list[int] = []

    def start(self) -> float:
        """Seconds of `start`, which ends with the daemon's first answer."""
        try:
            seconds = timed(lambda: self._command("start"))
        except BaseException:  # Ctrl-C too: what it has started would be nobody's
            with suppress(RuntimeError):
                self._command("stop")
            raise
        status = self.ask({"type": "get-status"})
        self._pids = [status["daemon"]["pid"], status["keeper"]["pid"]]
        return seconds

    def stop(self) -> None:
        """In order, with all its terminals; one that does not stop is killed."""
        try:
            self._command("stop")
        except RuntimeError:
            self.kill()
            raise
        self._pids = []

    def kill(self) -> None:
        """Daemon and keeper at once, so that nobody brings it back; returns when they are gone."""
        for pid in reversed(self._pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._pids = []
        while is_held(str(self.data.root)):
            time.sleep(_LOOK_SECONDS)

    @property
    def pid(self) -> int:
        return self._pids[0]

    def ask(self, request: dict[str, Any]) -> Any:
        """The data of a good answer."""
        with self.connection() as connection:
            return good(connection.ask(request))

    def connection(self) -> Connection:
        return Connection(str(self.data.root))

    def _command(self, name: str) -> None:
        arguments = [sys.executable, str(CHECKOUT / "run.py"), name, "--data", str(self.data.root)]
        with subprocess.Popen(
            arguments,
            env=_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us alone
        ) as process:
            try:
                _, said = process.communicate()
            finally:
                process.wait()  # one that is cut short leaves half of what it does
        if process.returncode:
            raise RuntimeError(f"{name} failed: {said.strip()}")


def _environment() -> dict[str, str]:
    """Ours, but bytecode is kept from one start to the next, as it is for everybody."""
    environment = clean_environment(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def good(answer: dict[str, Any]) -> Any:
    if not answer["ok"]:
        raise RuntimeError(f"{answer['type']} was refused: {answer['error']}")
    return answer["data"]


@contextmanager
def daemon(data: DataDir) -> Iterator[Daemon]:
    """One that runs; stopped with all its terminals at the end."""
    made = Daemon(data)
    made.start()
    try:
        yield made
    finally:
        made.stop()
