"""The real daemon, started and stopped by the real command line, on a data directory of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from actors.cli.connection import Connection
from actors.cli.directory_lock import is_held
from actors.entry import clean_environment
from benchmarks.ground import Ground
from benchmarks.measuring import timed
from benchmarks.person import Person, person
from storage.data_dir import DEFAULT_WORKSPACE, DataDir

CHECKOUT = Path(__file__).resolve().parents[1]
_LOOK_SECONDS = 0.002


class Daemon:
    """Of one data directory. `start` and `stop` are whole commands; all raise when they fail.

    `environ` is added to our environment.
    """

    def __init__(self, data: DataDir, **environ: str) -> None:
        self.data = data
        self._environ = environ
        self._pids: list[int] = []

    def start(self) -> float:
        """Seconds of `start`, which ends with the daemon's first answer."""
        try:
            seconds = timed(lambda: self._run("start"))
        except BaseException:  # Ctrl-C too: what it has started would be nobody's
            with suppress(RuntimeError):
                self._run("stop")
            raise
        status = self.ask({"type": "get-status"})
        self._pids = [status["daemon"]["pid"], status["keeper"]["pid"]]
        return seconds

    def stop(self) -> None:
        """In order, with all its terminals; one that does not stop is killed."""
        try:
            self._run("stop")
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

    def command(self, *words: str) -> list[str]:
        """Of the command line."""
        return [sys.executable, str(CHECKOUT / "run.py"), "--data", str(self.data.root), *words]

    def _run(self, name: str) -> None:
        with subprocess.Popen(
            self.command(name),
            env=_environment() | self._environ,
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
def daemon(data: DataDir, **environ: str) -> Iterator[Daemon]:
    """One that runs; stopped with all its terminals at the end."""
    made = Daemon(data, **environ)
    made.start()
    try:
        yield made
    finally:
        made.stop()


class Attached(NamedTuple):
    """`person` sees through `attach`; `log` is the directory of the output log."""

    person: Person
    host_pid: int
    log: Path


@contextmanager
def attached(ground: Ground, command: Sequence[str]) -> Iterator[Attached]:
    """A person to whom `attach` shows a worker that runs `command`."""
    with daemon(DataDir(ground.fresh("attached") / "data")) as running:
        request = {
            "type": "create-session",
            "location_path": str(ground.fresh("place")),
            "title": "one",
            "worker": {"type": "terminal", "command": list(command)},
        }
        made = running.ask(request)
        host = running.ask({"type": "get-status"})["terminal_host"]["pid"]
        session = running.data.sessions(DEFAULT_WORKSPACE) / made["id"]
        log = session / "terminals" / made["workers"][0]["id"]
        environ = _environment() | {"TERM": "xterm-256color"}
        with person(running.command("attach", "one"), environ) as reader:
            yield Attached(reader, host, log)
