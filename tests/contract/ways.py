"""The four ways to a session's state, and a caller who goes one of them and keeps what is heard."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actors import library
from storage.records.request import Refusal
from tests.architecture.source_tree import ROOT

WAYS = ("daemon", "tree", "files", "memory")
RUNNING = ("daemon", "tree")


class Caller:
    """Asserts that what must go well does. `place` is a directory to work in, `data` the data
    directory, None where there is none.
    """

    def __init__(
        self, greenroom: library.Greenroom, place: Path, way: str, data: Path | None
    ) -> None:
        self.greenroom = greenroom
        self.data = data
        self.place = place
        self.way = way
        self._heard: list[dict[str, Any]] = []
        greenroom.subscribe(None, self._heard.append)

    def done(self, kind: str, **fields: Any) -> Any:
        answer = self.greenroom.dispatch({"type": kind, **fields}, 60)
        assert answer.ok, answer
        return answer.data

    def refused(self, kind: str, **fields: Any) -> Refusal:
        answer = self.greenroom.dispatch({"type": kind, **fields}, 60)
        assert not answer.ok
        assert answer.error is not None, answer
        return answer.error

    def create(self, **fields: Any) -> Any:
        return self.done("create-session", **{"location_path": str(self.place), **fields})

    def gpt(self, **config: Any) -> str:
        """The id of a session whose window is 8,192 tokens, once nothing of it goes on."""
        made = self.create(config={"provider": "openai", "model": "gpt-4", **config})
        return str(made["id"])

    def get(self, session_id: str) -> Any:
        return self.done("get-session", session=session_id)

    def events(self, session_id: str) -> list[dict[str, Any]]:
        """What was heard of a session so far, but for its workers' comings and goings."""
        assert self.greenroom.drain()
        found = [event for event in self._heard if event["session_id"] == session_id]
        return [event for event in found if not event["type"].startswith("worker-")]

    def types(self, session_id: str) -> list[str]:
        return [event["type"] for event in self.events(session_id)]

    def new_types(self, session_id: str, kind: str, **fields: Any) -> list[str]:
        """The events that follow from one command."""
        before = len(self.events(session_id))
        self.done(kind, session=session_id, **fields)
        return self.types(session_id)[before:]


@contextmanager
def opened(way: str, data: Path) -> Iterator[library.Greenroom]:
    """A greenroom by one of `WAYS`; with `daemon` one runs on the data directory."""
    if way in RUNNING:
        with library.open(data, environ={"PATH": os.environ["PATH"]}) as greenroom:
            yield greenroom
    else:
        with kept(way, data) as repository, library.open(repository=repository) as greenroom:
            yield greenroom


def kept(place: str, data: Path) -> library.FileSessionRepository | library.MemorySessionRepository:
    """A repository in `files` or in `memory`."""
    if place == "memory":
        return library.MemorySessionRepository()
    return library.FileSessionRepository(data)


@contextmanager
def running_daemon(home: Path) -> Iterator[Path]:
    """The data directory of a real `run.py daemon`."""
    data = home / "data"
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "SHELL": "/bin/sh"}
    command = [sys.executable, str(ROOT / "run.py"), "--data", str(data)]
    subprocess.run([*command, "start"], env=environ, cwd=home, check=True, capture_output=True)
    try:
        yield data
    finally:
        subprocess.run([*command, "stop"], env=environ, cwd=home, check=True, capture_output=True)
