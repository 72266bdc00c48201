"""The real `run.py` on a data directory of its own: processes, sockets, files, signals."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.cli.connection import Connection
from actors.cli.failures import CommandError
from tests.peers.processes import alive

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "run.py"
SECONDS = 60.0


class House:
    """One greenroom: its data directory, its commands, its files."""

    def __init__(self, data: Path, home: Path) -> None:
        self.data = data
        self.home = home
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.environ = {
            **kept,
            "HOME": str(home),
            "GREENROOM_HOME": str(self.data),
            "SHELL": "/bin/sh",
            "PS1": "$ ",
        }

    def run(
        self, *words: str, expect: int | None = 0, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """`python run.py WORDS`; `expect` is the exit status, None for any."""
        done = subprocess.run(
            [sys.executable, str(RUN), "--data", str(self.data), *words],
            env=self.environ,
            cwd=self.home,
            capture_output=True,
            text=True,
            input=stdin,
            timeout=60,
            check=False,
        )
        if expect is not None:
            assert done.returncode == expect, (words, done.returncode, done.stdout, done.stderr)
        return done

    def json(self, *words: str, expect: int | None = 0) -> Any:
        return json.loads(self.run(*words, "--json", expect=expect).stdout)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request over the control socket; the whole answer."""
        with Connection(str(self.data)) as connection:
            return connection.ask(request)

    def data_of(self, request: dict[str, Any]) -> Any:
        answer = self.ask(request)
        assert answer["ok"], answer
        return answer["data"]

    def status(self) -> Any:
        return self.data_of({"type": "get-status"})

    def wait(self, found: Callable[[], Any], what: str = "it", seconds: float = SECONDS) -> Any:
        """What `found` gives as soon as it is something; the daemon may be away meanwhile."""
        end = time.monotonic() + seconds
        while True:
            try:
                value = found()
            except (CommandError, LookupError, TypeError, FileNotFoundError):
                value = None
            if value:
                return value
            assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
            time.sleep(0.02)

    def drop(self, name: str, content: str | dict[str, Any]) -> Path:
        """Put a file into inbox/ by rename; where its answer will be."""
        text = content if isinstance(content, str) else json.dumps(content)
        half = self.data / "inbox" / f".{name}.part"
        half.write_text(text)
        half.rename(self.data / "inbox" / f"{name}.json")
        return self.data / "outbox" / f"{name}.json"

    def answer(self, name: str, content: str | dict[str, Any]) -> Any:
        path = self.drop(name, content)
        self.wait(path.exists, f"outbox/{path.name}")
        return json.loads(path.read_bytes())

    def worker(self, session: str, worker: str) -> Any:
        return self.data_of({"type": "get-worker", "session": session, "worker": worker})

    def daemon(self, *script: str) -> "subprocess.Popen[bytes]":
        """In the foreground, without a keeper: whoever kills it brings it back himself.

        `script` runs it in place of `run.py`, with these arguments before those of the daemon.
        """
        command = [*script] if script else [str(RUN)]
        place = ["--data", str(self.data)]
        with (self.home / "daemon.log").open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, *command, *place, *([] if script else ["daemon"])],
                env=self.environ,
                cwd=self.home,
                stdout=log,
                stderr=log,
            )

        def answers() -> bool:
            log = (self.home / "daemon.log").read_text()
            assert started.poll() is None, f"the daemon ended with {started.returncode}: {log}"
            return bool(self.status()["daemon"]["pid"] == started.pid)

        self.wait(answers, "the daemon")
        return started

    def kill_daemon(self) -> int:
        """Kill it with SIGKILL, and wait until its keeper has started another; the new pid."""
        before = self.status()["daemon"]["pid"]
        os.kill(before, signal.SIGKILL)

        def after() -> Any:
            pid = self.status()["daemon"]["pid"]
            return pid if pid != before else None

        return int(self.wait(after, "a new daemon"))

    def workspace(self, settings: dict[str, Any]) -> None:
        place = self.data / "workspaces" / "default"
        place.mkdir(parents=True, exist_ok=True)
        (place / "workspace.json").write_text(json.dumps(settings))


def processes_of(data: Path) -> list[str]:
    """Command lines of processes that name this data directory."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                line = (
                    (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
            except OSError:
                continue
            if str(data) in line and "run.py" not in line:
                found.append(line)
    return found


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Where programs put files by the name of their pid; none of them outlives the test."""
    made = tmp_path / "pids"
    made.mkdir()
    yield made
    for pid in filter(alive, (int(path.name) for path in made.iterdir() if path.name.isdigit())):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    home = tmp_path / "home"
    home.mkdir()
    made = House(tmp_path / "data", home)
    yield made
    made.run("stop", expect=None)
    made.wait(lambda: not processes_of(made.data), f"the end of {processes_of(made.data)}")


@pytest.fixture
def running(house: House) -> House:
    house.run("start")
    return house
