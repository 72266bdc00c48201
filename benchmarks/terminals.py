"""Sessions with a shell each, made over the control socket of a running daemon."""

import time
from typing import Any

from actors.cli.connection import Connection
from benchmarks.daemons import good
from benchmarks.ground import Ground

_SECONDS = 30.0
_LOOK_SECONDS = 0.1


def with_shell(place: str) -> dict[str, Any]:
    """The request for a quick session with `bash` in a terminal."""
    worker = {"type": "terminal", "command": ["bash", "--norc"]}
    return {"type": "create-session", "location_path": place, "worker": worker}


def open_shells(connection: Connection, ground: Ground, count: int) -> None:
    """Returns when they all run, and have said their prompt."""
    request = with_shell(str(ground.fresh("place")))
    for _ in range(count):
        good(connection.ask(request))
    end = time.monotonic() + _SECONDS
    while sum(map(_is_idle, workers(connection))) < count:
        if time.monotonic() > end:
            raise RuntimeError(f"{count} shells are not idle after {_SECONDS:g} s")
        time.sleep(_LOOK_SECONDS)


def workers(connection: Connection) -> list[dict[str, Any]]:
    """Of all sessions, as `status` shows them."""
    status = good(connection.ask({"type": "get-status"}))
    return [worker for session in status["sessions"] for worker in session["workers"]]


def _is_idle(worker: dict[str, Any]) -> bool:
    return (worker["status"], (worker["activity"] or {}).get("state")) == ("running", "idle")
