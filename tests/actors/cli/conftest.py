"""A command line run in this process, against a scripted daemon."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from actors.cli.main import main
from tests.actors.cli.fake_daemon import FakeDaemon, Script

ENVIRON = {"HOME": "/nowhere", "PATH": "/usr/bin:/bin"}


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Outcome]
Serve = Callable[[Script], FakeDaemon]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(*words: str) -> Outcome:
        status = main(["--data", str(data), *words], {**ENVIRON, "GREENROOM_HOME": str(data)})
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return run_command


@pytest.fixture
def serve(data: Path) -> Iterator[Serve]:
    started: list[FakeDaemon] = []

    def start(script: Script) -> FakeDaemon:
        started.append(FakeDaemon(data, script))
        return started[-1]

    yield start
    for daemon in started:
        daemon.close()
